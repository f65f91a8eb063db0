import Files
import Foundation
import HuggingFace
import JSON

/// A file of examples to which conversations are appended, a line each, as training reads them:
///
///     {"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}
package struct ConversationLog: Sendable {
  private let url: URL
  /// A pipe or a device, which stays open, so that its reader gets every turn; nil for a file.
  private let stream: OpenStream?

  /// Checks a file before anything is written: nothing, or examples alone.
  ///
  /// - Throws: where the file holds something else, or cannot be written; for a pipe that nobody
  ///   reads.
  package init(appendingTo url: URL) throws(DistillationError) {
    self.url = url
    do {
      if case .stream(let path) = try OutputPath(url.path) {
        stream = try OpenStream(path)
        return
      }
      try AppendedFile.check(url)
    } catch { throw .file(error) }
    stream = nil
    guard FileManager.default.fileExists(atPath: url.path) else { return }
    let form = JSONLines(try TextFile.bytes(of: url))
    for (index, line) in form.lines.enumerated() where !line.allSatisfy(\.isBlank) {
      guard let value = try? JSONNode(parsing: Array(line), file: url.path),
        (try? ExampleLine(value)) != nil
      else {
        throw .content(
          file: url.path, expected: "no file yet, or one of examples to append conversations to",
          found: form.otherKind ?? "another one: line \(index + 1) is no example")
      }
    }
  }

  /// Appends a conversation that ends with an answer.
  ///
  /// - Throws: ``DistillationError/file(_:)`` when the system refuses; a file then holds what it
  ///   held before.
  package func append(_ messages: [ChatMessage]) throws(DistillationError) {
    let line = JSON.object(["messages": .array(messages.map(\.json))]).text()
    do {
      if let stream {
        try stream.append(Array("\(line)\n".utf8), path: url.path)
      } else {
        try AppendedFile.append(line: line, to: url)
      }
    } catch { throw .file(error) }
  }
}

extension UInt8 {
  /// Whether this is white space within a line.
  var isBlank: Bool {
    self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") || self == UInt8(ascii: "\r")
  }
}
