import Foundation
import Synchronization

/// Output of everything except results: permanent lines, and on a terminal a status line below them
/// that is rewritten in place. Several threads may write.
enum StandardError {
  private static let isStatusShown = Mutex(false)
  private static let clearing = "\r\u{1B}[K"
  /// A line longer than the terminal's width must not wrap into the next one, which would not be
  /// cleared.
  private static let (cutting, wrapping) = ("\u{1B}[?7l", "\u{1B}[?7h")

  /// Writes text that ends in a line feed, in place of the status line.
  static func write(_ text: String) {
    isStatusShown.withLock { isShown in
      put((isShown ? clearing : "") + text)
      isShown = false
    }
  }

  /// Shows a status line in place of the last one.
  static func showStatus(_ text: String) {
    isStatusShown.withLock { isShown in
      put(clearing + cutting + text + wrapping)
      isShown = true
    }
  }

  /// Writes text and control codes as they are, where no status line is shown.
  static func draw(_ text: String) { put(text) }

  /// Removes the status line.
  static func clearStatus() { write("") }

  private static func put(_ text: String) {
    if text.isEmpty { return }
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// Whether standard error is a terminal that supports cursor movements.
  static var isTerminal: Bool {
    isatty(STDERR_FILENO) != 0 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }
}
