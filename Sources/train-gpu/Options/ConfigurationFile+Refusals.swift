import Yams

extension ConfigurationFile {
  /// Tags of the values that options have; a tag of another program stands for an object of its.
  private static let plainTags: Set<Tag.Name> = [
    .bool, .float, .int, .map, .merge, .null, .seq, .str, .timestamp, .value,
  ]

  private static let pair = "expected a name, a colon, a space and a value"

  /// Checks that nothing but a plain value is meant.
  static func checkTag(of node: Node, _ location: String) throws(UsageError) {
    let tag = Tag.Name(rawValue: node.tag.description)
    guard !plainTags.contains(tag) else { return }
    let own = "tag:yaml.org,2002:"
    let name = tag.rawValue
    let short = name.hasPrefix(own) ? "!!\(name.dropFirst(own.count))" : name
    throw UsageError(description: "\(location): expected a plain value, found the tag \(short)")
  }

  /// What stands in the place of a value.
  static func kind(of value: Node) -> String {
    switch value {
    case .mapping: "names with values of their own"
    case .sequence: "a list"
    default: "no value"
    }
  }

  /// The refusal of a file that is one text or one list.
  static func noMapping(_ root: Node, _ path: String) -> UsageError {
    let location = "\(path):\(root.mark?.line ?? 1)"
    guard case .scalar(let scalar) = root else {
      return UsageError(
        description: "\(location): expected a mapping from options to values, found "
          + kind(of: root))
    }
    let found = scalar.style == .plain ? withoutColon : "a text in quotation marks"
    return UsageError(description: "\(location): \(pair), found \(found)")
  }

  /// A colon without a space behind it is a part of the name.
  private static let withoutColon = "no colon with a space behind it"

  /// The refusal of a text that is no YAML.
  static func failure(_ error: any Error, _ path: String, _ text: String) -> UsageError {
    guard let error = error as? YamlError else {
      return UsageError(description: "\(path): expected YAML")
    }
    switch error {
    case .scanner(let context?, let problem, _, _) where problem.contains("expected ':'"):
      return UsageError(
        description: "\(path):\(context.mark.line): \(pair), found \(withoutColon)")
    case .scanner(_, let problem, let mark, _) where problem.hasPrefix("mapping values"):
      return UsageError(
        description:
          "\(path):\(mark.line): \(pair), found a line without them before it, or a second "
          + "colon in it")
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return UsageError(
        description: "\(path):\(mark.line):\(mark.column): expected YAML: \(problem)")
    case .duplicatedKeysInMapping(let names, let context):
      return repetition(of: names.sorted(), in: text, path, firstLine: context.mark.line)
    default:
      return UsageError(description: "\(path): expected YAML")
    }
  }

  /// The refusal of names that are given more than once, at the line of the first repetition.
  private static func repetition(
    of names: [String], in text: String, _ path: String, firstLine: Int
  ) -> UsageError {
    var line: Int?
    let found = names.map { name in
      let lines = lines(of: name, in: text)
      guard lines.count > 1 else { return "\(name.isEmpty ? "an empty name" : name) twice" }
      line = min(line ?? lines[1], lines[1])
      let earlier = lines.dropLast().map(String.init).joined(separator: ", ")
      return "\(name) on lines \(earlier) and \(lines[lines.count - 1])"
    }
    return UsageError(
      description: "\(path):\(line ?? firstLine): expected each option once, found "
        + found.joined(separator: ", "))
  }

  /// The lines that begin with a name and its colon, of those that are indented least: the others
  /// are parts of values. The parser says where a name stands first and not where again.
  private static func lines(of name: String, in text: String) -> [Int] {
    guard !name.isEmpty else { return [] }
    var found: [(indentation: Int, line: Int)] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      let content = line.drop { $0 == " " }
      for key in [name, "\"\(name)\"", "'\(name)'"] where content.hasPrefix(key) {
        guard content.dropFirst(key.count).drop(while: { $0 == " " }).first == ":" else { continue }
        found.append((line.count - content.count, index + 1))
      }
    }
    let least = found.map(\.indentation).min()
    return found.filter { $0.indentation == least }.map(\.line)
  }
}
