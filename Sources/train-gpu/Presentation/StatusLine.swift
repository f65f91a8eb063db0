/// The last line of a terminal, written anew a few times a second.
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

  /// Takes the text away.
  mutating func clear() {
    if isShown { StandardError.clearStatus() }
    isShown = false
  }
}

/// How much of something is done: `120/200 [############        ]`.
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
