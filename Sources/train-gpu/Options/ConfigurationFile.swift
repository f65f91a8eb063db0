import Distillation
import Files
import Foundation
import JSON
import Yams

/// Options of a YAML file: a mapping from names of the command line, without the dashes, to values.
///
///     model: models/qwen
///     learning-rate: 0.05
///     shuffle: false
///     tokens: [2, 4]
///     template-variable: [enable_thinking=false]
struct ConfigurationFile {
  /// A value of the mapping, or one of the list there.
  struct Entry {
    let name: String
    let value: String
    /// The value of a YAML boolean, for a flag.
    let bool: Bool?
    /// The line, counted from 1.
    let line: Int
  }

  /// Options that may be given more than once, and so have a list of values.
  private static let repeatable: Set = ["beside", "context", "lora", "template-variable"]

  /// Options with several values between commas, which may be a list too.
  private static let lists: Set = ["method", "tokens"]

  let path: String
  let entries: [Entry]

  /// Reads a file.
  ///
  /// - Throws: when it is not YAML, or a value is not a text, a number or a boolean.
  init(_ path: String) throws {
    self.path = path
    guard !path.isEmpty else {
      throw UsageError(description: "--config: expected a path, found an empty text")
    }
    if let special = SpecialFile(at: path) {
      throw UsageError(description: "\(path): expected a YAML file, found \(special)")
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw UsageError(description: "\(path): expected a YAML file, found nothing to read")
    }
    if let kind = FileKind([UInt8](data.prefix(FileKind.prefixLength))), kind != .empty {
      throw UsageError(description: "\(path): expected a YAML file, found \(kind)")
    }
    // A byte order mark is not part of the text.
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let bytes = data.starts(with: mark) ? data.dropFirst(mark.count) : data
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw UsageError(description: "\(path): expected UTF-8 text, found bytes that are not")
    }
    guard !text.utf8.contains(0) else {
      throw UsageError(description: "\(path): expected YAML, found a NUL byte")
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw Self.failure(error, path)
    }
    guard let root else {
      entries = []
      return
    }
    guard case .mapping(let mapping) = root else {
      throw UsageError(description: "\(path): expected a mapping from options to values")
    }
    entries = try mapping.flatMap { key, value in
      let line = (key.mark ?? value.mark)?.line ?? 1
      guard let name = key.string else {
        throw UsageError(description: "\(path):\(line): expected the name of an option")
      }
      let (isRepeatable, isList) = (Self.repeatable.contains(name), Self.lists.contains(name))
      let given = isRepeatable || isList ? value.sequence.map(Array.init) : nil
      let entries = try (given ?? [value]).map { value in
        guard case .scalar(let scalar) = value, value.null == nil else {
          throw UsageError(
            description: "\(path):\(line): \(name): expected a text, a number, true or false"
              + (isRepeatable || isList ? ", or a list of them" : "")
              + ", found \(Self.kind(of: value))")
        }
        return Entry(name: name, value: scalar.string, bool: value.bool, line: line)
      }
      guard isList, given != nil else { return entries }
      let joined = entries.map(\.value).joined(separator: ",")
      return [Entry(name: name, value: joined, bool: nil, line: line)]
    }
  }

  /// What stands in the place of a value.
  private static func kind(of value: Node) -> String {
    switch value {
    case .mapping: "names with values of their own"
    case .sequence: "a list"
    default: "no value"
    }
  }

  private static let pair = "expected a name, a colon, a space and a value"

  private static func failure(_ error: any Error, _ path: String) -> UsageError {
    guard let error = error as? YamlError else {
      return UsageError(description: "\(path): expected YAML")
    }
    switch error {
    // A colon without a space behind it is a part of the name.
    case .scanner(let context?, let problem, _, _) where problem.contains("expected ':'"):
      return UsageError(
        description: "\(path):\(context.mark.line): \(pair), found no colon with a space behind it")
    case .scanner(_, let problem, let mark, _) where problem.hasPrefix("mapping values"):
      return UsageError(
        description:
          "\(path):\(mark.line): \(pair), found a line without them before it, or a second "
          + "colon in it")
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return UsageError(
        description: "\(path):\(mark.line):\(mark.column): expected YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.map { $0.isEmpty ? "an empty name" : $0 }.sorted()
        .joined(separator: ", ")
      return UsageError(
        description: "\(path):\(context.mark.line): expected each option once, found \(names) twice"
      )
    default:
      return UsageError(description: "\(path): expected YAML")
    }
  }
}
