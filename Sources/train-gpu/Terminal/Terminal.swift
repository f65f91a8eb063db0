import CTerminal
import Foundation

/// The terminal of a conversation: keys from standard input, the line that is typed on standard
/// error.
enum Terminal {
  /// Whether keys can be read and shown one by one.
  static var canEdit: Bool { isatty(STDIN_FILENO) != 0 && StandardError.isTerminal }

  /// Whether standard output is a terminal too, on which lines can be rewritten.
  static var showsOutput: Bool { isatty(STDOUT_FILENO) != 0 && StandardError.isTerminal }

  /// Columns and rows; 80 and 24 where the terminal says none.
  static var size: (columns: Int, rows: Int) {
    var (columns, rows): (Int32, Int32) = (80, 24)
    _ = unsafe terminal_size(STDERR_FILENO, &columns, &rows)
    return (Int(columns), Int(rows))
  }

  /// A text in a fainter colour, unless NO_COLOR is set.
  static func faint(_ text: String) -> String {
    let isPlain = ProcessInfo.processInfo.environment["NO_COLOR"]?.isEmpty == false
    return isPlain ? text : "\u{1B}[2m\(text)\u{1B}[22m"
  }

  /// What ended a wait for keys.
  enum Input: Equatable {
    /// Bytes of keys; none at the end of the input.
    case bytes([UInt8])
    /// The other descriptor can be read.
    case woken
    /// The time is over.
    case timeout
  }

  /// Waits for keys.
  ///
  /// - Parameters:
  ///   - other: a descriptor that ends the wait too.
  ///   - milliseconds: the longest wait; nil for any.
  static func wait(or other: Int32, atMost milliseconds: Int32?) throws -> Input {
    while true {
      var polled = [
        pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
        pollfd(fd: other, events: Int16(POLLIN), revents: 0),
      ]
      let count = unsafe poll(&polled, nfds_t(polled.count), milliseconds ?? -1)
      if count < 0 && errno == EINTR { continue }
      if count == 0 { return .timeout }
      if polled[1].revents != 0 { return .woken }
      return .bytes(try readBytes())
    }
  }

  /// Waits for keys and returns their bytes; none at the end of the input.
  private static func readBytes() throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe read(STDIN_FILENO, &bytes, bytes.count)
      if count >= 0 { return Array(bytes[..<count]) }
      if errno == EINTR { continue }
      throw UsageError(
        description: "standard input cannot be read: \(unsafe String(cString: strerror(errno)))")
    }
  }
}
