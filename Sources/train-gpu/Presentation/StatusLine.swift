import Foundation

/// The last line of a terminal, written anew a few times a second.
final class StatusLine {
  private var last = ContinuousClock.now - .seconds(1)
  private var isShown = false
  private static let interval = Duration.milliseconds(50)
  private static let clearing = "\r\u{1B}[K"
  /// A line longer than the terminal is wide must not go on in the next one, which nobody would clear.
  private static let (cutting, wrapping) = ("\u{1B}[?7l", "\u{1B}[?7h")

  /// Shows a text in place of the last one.
  func show(_ text: String) {
    let now = ContinuousClock.now
    guard now - last >= Self.interval else { return }
    last = now
    isShown = true
    StandardError.write(Self.clearing + Self.cutting + text.printable + Self.wrapping)
  }

  /// Takes the text away.
  func clear() {
    if isShown { StandardError.write(Self.clearing) }
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
