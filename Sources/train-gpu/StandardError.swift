import Foundation

/// Where everything goes that is no result.
enum StandardError {
  /// Writes text as it is.
  static func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// Whether a person looks at it on a terminal that understands cursor movements.
  static var isTerminal: Bool {
    isatty(STDERR_FILENO) != 0 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }
}
