import JSON

/// A user's variables of a chat template besides the conversation, for example
/// `enable_thinking=false`.
///
/// The written form, on the command line and in records, is `NAME=VALUE`: a value that is JSON is
/// read as JSON, and every other one is a text.
package struct TemplateVariables: Sendable, Equatable {
  /// The values by name, in the order of the names.
  package private(set) var values = JSONObject()

  /// Names that the rendering uses itself.
  private static let taken: Set = ["messages", "add_generation_prompt"]

  /// None.
  package init() {}

  /// The variables of an object.
  ///
  /// - Throws: for a name that a template cannot use.
  package init(_ values: JSONObject) throws(TemplateVariableError) {
    for (name, value) in values.members.sorted(by: { $0.key < $1.key }) {
      try Self.check(name)
      self.values[name] = value
    }
  }

  /// One variable, as `NAME=VALUE`.
  ///
  /// - Throws: where there is no `=`, or no name that a template can use before it.
  package init(argument: String) throws(TemplateVariableError) {
    guard let equals = argument.firstIndex(of: "=") else { throw .noValue(argument) }
    let text = String(argument[argument.index(after: equals)...])
    let value = (try? JSON(parsing: Array(text.utf8))) ?? .string(text)
    try self.init([String(argument[..<equals]): value])
  }

  /// Whether there are none.
  package var isEmpty: Bool { values.count == 0 }

  /// Each as `NAME=VALUE`, in the order of the names.
  package var arguments: [String] {
    values.members.map { name, value in
      if case .string(let text) = value, (try? JSON(parsing: Array(text.utf8))) == nil {
        return "\(name)=\(text)"
      }
      return "\(name)=\(value.text())"
    }
  }

  /// These merged with others, whose values take precedence.
  package func merging(_ others: TemplateVariables) -> TemplateVariables {
    var (merged, all) = (TemplateVariables(), values)
    for (name, value) in others.values.members { all[name] = value }
    for name in all.keys.sorted() { merged.values[name] = all[name] }
    return merged
  }

  private static func check(_ name: String) throws(TemplateVariableError) {
    let isName =
      name.utf8.first.map { $0.isLetter || $0 == UInt8(ascii: "_") } ?? false
      && name.utf8.allSatisfy(\.isWordByte)
    guard isName else { throw .noName(name) }
    guard !taken.contains(name) else { throw .taken(name) }
  }
}

extension TemplateVariables: Codable {
  /// Reads a list of `NAME=VALUE`.
  package init(from decoder: any Decoder) throws {
    self = try decoder.singleValueContainer().decode([String].self)
      .reduce(TemplateVariables()) { try $0.merging(TemplateVariables(argument: $1)) }
  }

  /// Writes a list of `NAME=VALUE`.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(arguments)
  }
}

/// An invalid variable: the expected and the found text.
package enum TemplateVariableError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is no `=`.
  case noValue(String)
  /// The text before `=` is no name of a variable.
  case noName(String)
  /// The rendering sets this variable itself.
  case taken(String)

  /// The expected and the found text.
  package var description: String {
    switch self {
    case .noValue(let argument): "expected NAME=VALUE, found '\(argument)'"
    case .noName(let name):
      "expected a name of letters, digits and underscores before =, found '\(name)'"
    case .taken(let name): "expected another name than \(name), which the conversation sets"
    }
  }
}

extension ChatTemplate {
  /// Whether a name occurs in the source.
  func mentions(_ name: String) -> Bool {
    source.utf8.split(whereSeparator: { !$0.isWordByte }).contains { $0.elementsEqual(name.utf8) }
  }
}

extension UInt8 {
  fileprivate var isLetter: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) && self < 0x80
  }

  /// Whether this is a letter, a digit or an underscore of ASCII.
  fileprivate var isWordByte: Bool {
    isLetter || self == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
  }
}
