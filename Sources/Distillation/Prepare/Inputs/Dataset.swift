import Foundation
import HuggingFace
import JSON

/// The examples of a JSONL file, one object per line, in the order of the file.
package struct Dataset: Sendable, Equatable {
  /// At least one.
  package var examples: [InputExample]
  /// Keys of some lines that are not used, sorted.
  package var unusedKeys: [String]

  /// A data set of these examples.
  package init(examples: [InputExample], unusedKeys: [String] = []) {
    self.examples = examples
    self.unusedKeys = unusedKeys
  }

  private static let knownKeys: Set = [
    "prompt", "completion", "messages", "prompt_ids", "completion_ids", StudyLine.key,
    ContextPart.spanKey, ContextPart.ownKey,
  ]

  /// Reads a file and skips lines of white space.
  ///
  /// - Throws: at the first line that is not an example, with its number, or where there is none.
  package static func read(
    _ url: URL, reader: PromptReader
  ) throws(DistillationError) -> Dataset {
    let bytes = try TextFile.bytes(of: url)
    var examples: [InputExample] = []
    var unused: Set<String> = []
    let form = JSONLines(bytes)
    if let kind = form.otherKind {
      throw .content(file: url.path, expected: "one JSON object a line", found: kind)
    }
    for (index, line) in form.lines.enumerated() where !line.allSatisfy(isSpace) {
      let number = index + 1
      let value: JSONNode
      let content: ExampleLine
      let part: ContextPart
      let isStudied: Bool
      do throws(JSONReadingError) {
        value = try JSONNode(parsing: Array(line), file: url.path)
        content = try ExampleLine(value)
        part = try reader.contextPart(of: content, at: value)
        isStudied = try value.has(StudyLine.key)
        unused.formUnion(
          try value.keys().filter {
            !knownKeys.contains($0) && !reader.reads($0, of: content)
          })
        unused.formUnion(reader.unusedKeys(content).map { "\($0) of messages" })
      } catch {
        if let kind = form.binaryKind {
          throw .content(file: url.path, expected: "one JSON object a line", found: kind)
        }
        if let bad = TextFile.invalidByte(in: line) {
          throw .line(file: url.path, line: number, column: bad.column, reason: bad.reason)
        }
        if let other = form.otherForm(failingAt: index) {
          throw .content(file: url.path, expected: "one JSON object a line", found: other)
        }
        throw failure(error, line: number)
      }
      do throws(PromptReader.Problem) {
        let tokens = try reader.read(content, at: value, after: part, addsEnd: !isStudied)
        examples.append(
          InputExample(
            prompt: tokens.prompt, response: tokens.response, isEndAdded: tokens.isEndAdded,
            isCut: tokens.isCut, context: part, line: number, file: url.path))
      } catch {
        switch error {
        case .line(let error): throw failure(error, line: number)
        case .placement(let error):
          throw .conversation(file: url.path, line: number, error: error)
        }
      }
    }
    guard !examples.isEmpty else {
      throw .content(file: url.path, expected: "one JSON object a line", found: "an empty file")
    }
    return Dataset(examples: examples, unusedKeys: unused.sorted())
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }

  /// The error of a line, which the parser read as a whole file.
  private static func failure(_ error: JSONReadingError, line: Int) -> DistillationError {
    let (column, reason) = error.ofLine
    return .line(file: error.file, line: line, column: column, reason: reason)
  }
}
