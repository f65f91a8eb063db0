import Foundation
import Safetensors

/// Lines of standard input as they come.
enum StandardInput {
  /// The lines without their ends; a last line without an end counts too.
  static func lines() -> some Sequence<[UInt8]> {
    var pending: [UInt8] = []
    var ready: ArraySlice<[UInt8]> = []
    var isAtEnd = false
    return AnySequence {
      AnyIterator<[UInt8]> {
        while ready.isEmpty && !isAtEnd {
          let chunk = FileHandle.standardInput.availableData
          isAtEnd = chunk.isEmpty
          pending += chunk
          var lines = pending.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
          pending = isAtEnd ? [] : lines.popLast().map(Array.init) ?? []
          if isAtEnd, lines.last?.isEmpty ?? false { lines.removeLast() }
          ready = lines.map(Array.init)[...]
        }
        return ready.popFirst()
      }
    }
  }
}

/// Standard output in large pieces.
final class BufferedOutput {
  private var buffer = Data()
  private static let capacity = 1 << 16

  /// Adds text.
  func write(_ text: String) throws(FileError) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= Self.capacity { try flush() }
  }

  /// Brings everything out.
  func flush() throws(FileError) {
    try StandardOutput.write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}
