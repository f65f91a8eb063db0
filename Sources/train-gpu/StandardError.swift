import Foundation
import Synchronization

/// Where everything goes that is no result: lines that stay, and on a terminal one more below them that
/// renews itself and makes way for them. Several threads may write.
enum StandardError {
  private static let isStatusShown = Mutex(false)
  private static let clearing = "\r\u{1B}[K"
  /// A line longer than the terminal is wide must not go on in the next one, which nobody would clear.
  private static let (cutting, wrapping) = ("\u{1B}[?7l", "\u{1B}[?7h")

  /// Writes text that ends in a line feed, in the place of the status line.
  static func write(_ text: String) {
    isStatusShown.withLock { isShown in
      put((isShown ? clearing : "") + text)
      isShown = false
    }
  }

  /// Shows a status line in the place of the last one.
  static func showStatus(_ text: String) {
    isStatusShown.withLock { isShown in
      put(clearing + cutting + text + wrapping)
      isShown = true
    }
  }

  /// Takes the status line away.
  static func clearStatus() { write("") }

  private static func put(_ text: String) {
    if text.isEmpty { return }
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// Whether a person looks at it on a terminal that understands cursor movements.
  static var isTerminal: Bool {
    isatty(STDERR_FILENO) != 0 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }
}
