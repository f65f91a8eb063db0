/// The last line of a terminal, rewritten a few times per second.
struct StatusLine {
  private var last = ContinuousClock.now - .seconds(1)
  private var isShown = false
  private static let interval = Duration.milliseconds(50)

  /// Shows a text in place of the last one.
  mutating func show(_ text: String) {
    let now = ContinuousClock.now
    guard now - last >= Self.interval else { return }
    last = now
    isShown = true
    StandardError.showStatus(text.printable)
  }

  /// Removes the text.
  mutating func clear() {
    if isShown { StandardError.clearStatus() }
    isShown = false
  }
}

/// The progress as a bar: `120/200 [############        ]`.
struct Bar {
  let text: String
  private static let width = 20

  init(_ done: Int, of total: Int) {
    let filled = total > 0 ? min(done, total) * Self.width / total : 0
    let bar =
      String(repeating: "#", count: filled)
      + String(repeating: " ", count: Self.width - filled)
    text = "\(done)/\(total) [\(bar)]"
  }
}
