import Files
import Foundation

/// Lines of standard input as they arrive.
struct StandardInput {
  /// Bytes that were read and not returned yet, from `start` on.
  private var buffer: [UInt8] = []
  private var start = 0
  /// No line ends before this index.
  private var searched = 0
  private var isAtEnd = false

  private static let chunk = 1 << 16

  /// The next line without its end, or nil; a last line without an end counts too.
  mutating func nextLine() throws -> [UInt8]? {
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(buffer[start..<end])
        start = end + 1
        searched = start
        return line
      }
      searched = buffer.count
      if isAtEnd {
        guard start < buffer.count else { return nil }
        defer { start = buffer.count }
        return Array(buffer[start...])
      }
      if start > 0 {
        buffer.removeSubrange(..<start)
        searched -= start
        start = 0
      }
      try readMore()
    }
  }

  /// Waits for input and reads what is available.
  private mutating func readMore() throws {
    var bytes = [UInt8](repeating: 0, count: Self.chunk)
    while true {
      // FileHandle either waits for a whole chunk or ends the program where reading fails.
      let count = unsafe read(STDIN_FILENO, &bytes, bytes.count)
      if count >= 0 {
        isAtEnd = count == 0
        buffer += bytes[..<count]
        return
      }
      if errno == EINTR { continue }
      throw UsageError(
        description: "standard input cannot be read: \(unsafe String(cString: strerror(errno)))")
    }
  }
}

/// Standard output in large blocks.
final class BufferedOutput {
  private var buffer = Data()
  private static let capacity = 1 << 16

  /// Adds text.
  func write(_ text: String) throws(FileError) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= Self.capacity { try flush() }
  }

  /// Writes everything out.
  func flush() throws(FileError) {
    try StandardOutput.write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}
