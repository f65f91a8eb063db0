extension RunFolder {
  /// Reports files of the user that were kept under another name.
  func tellKept(_ handle: (RunEvent) -> Void) {
    for notice in takeNotices() { handle(.warning(notice)) }
  }
}
