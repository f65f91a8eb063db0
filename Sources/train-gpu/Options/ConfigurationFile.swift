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
    /// Whether it is a text whatever it looks like, as `"true"` is.
    let isQuoted: Bool
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
      throw Self.failure(error, path, text)
    }
    guard let root, root.null == nil else {
      entries = []
      return
    }
    try Self.checkTag(of: root, "\(path):\(root.mark?.line ?? 1)")
    guard case .mapping(let mapping) = root else { throw Self.noMapping(root, path) }
    entries = try mapping.flatMap { key, value in try Self.entries(key, value, path) }
  }

  /// The values of an option.
  private static func entries(
    _ key: Node, _ value: Node, _ path: String
  ) throws(UsageError) -> [Entry] {
    let line = (key.mark ?? value.mark)?.line ?? 1
    guard let name = key.string else {
      throw UsageError(description: "\(path):\(line): expected the name of an option")
    }
    try checkTag(of: key, "\(path):\(line)")
    let (isRepeatable, isList) = (repeatable.contains(name), lists.contains(name))
    let given = isRepeatable || isList ? value.sequence.map(Array.init) : nil
    if given != nil { try checkTag(of: value, "\(path):\(line): \(name)") }
    var entries: [Entry] = []
    for item in given ?? [value] {
      // One of a list may stand on a line of its own.
      let line = item.mark?.line ?? line
      try checkTag(of: item, "\(path):\(line): \(name)")
      guard case .scalar(let scalar) = item, item.null == nil else {
        let expected =
          Distill.isFlag(name)
          ? "true or false"
          : "a text, a number, true or false"
            + (isRepeatable || isList ? ", or a list of them" : "")
        throw UsageError(
          description: "\(path):\(line): \(name): expected \(expected), found \(kind(of: item))")
      }
      entries.append(
        Entry(
          name: name, value: scalar.string, bool: item.bool, isQuoted: scalar.style != .plain,
          line: line))
    }
    guard isList, given != nil else { return entries }
    let joined = entries.map(\.value).joined(separator: ",")
    return [Entry(name: name, value: joined, bool: nil, isQuoted: false, line: line)]
  }
}
