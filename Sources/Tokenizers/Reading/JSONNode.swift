import JSON

/// A JSON value together with where it stands, so that whoever reads it can refuse it by name.
struct JSONNode {
  let value: JSON
  /// Like `pre_tokenizer.pretokenizers[1]`; empty for the whole file.
  let path: String
  /// The file's name as the user gave it.
  let file: String

  func path(of key: String) -> String {
    path.isEmpty ? key : "\(path).\(key)"
  }

  /// The member `key`, or nil where it is absent or null.
  func member(_ key: String) -> JSONNode? {
    guard case .object(let members) = value, let member = members[key] else { return nil }
    if case .null = member { return nil }
    return JSONNode(value: member, path: path(of: key), file: file)
  }

  /// The member `key`; absent or null is an error.
  func required(_ key: String, _ expected: String) throws(TokenizerError) -> JSONNode {
    guard let node = member(key) else {
      throw .missing(file: file, path: path(of: key), expected: expected)
    }
    return node
  }

  /// The error for this value where `expected` should stand.
  func unexpected(_ expected: String) -> TokenizerError {
    .unexpected(
      file: file, path: path.isEmpty ? "the file" : path, found: value.summary,
      expected: expected)
  }

  func string() throws(TokenizerError) -> String {
    guard case .string(let text) = value else { throw unexpected("a string") }
    return text
  }

  /// A string of exactly one Unicode scalar, as its UTF-8.
  func character() throws(TokenizerError) -> [UInt8] {
    guard case .string(let text) = value, text.unicodeScalars.count == 1 else {
      throw unexpected("a string of one character")
    }
    return Array(text.utf8)
  }

  func boolean() throws(TokenizerError) -> Bool {
    guard case .bool(let flag) = value else { throw unexpected("true or false") }
    return flag
  }

  /// A finite number: `JSON` reads `NaN` and `Infinity` too, no tokenizer means them.
  func number() throws(TokenizerError) -> Double {
    switch value {
    case .integer(let number): return Double(number)
    case .number(let number) where number.isFinite: return number
    case .number: throw unexpected("a finite number")
    default: throw unexpected("a number")
    }
  }

  /// A whole number from 0 up to `Vocabulary.identifierLimit`.
  func count() throws(TokenizerError) -> Int {
    guard case .integer(let number) = value, 0..<Vocabulary.identifierLimit ~= number else {
      throw unexpected("a whole number from 0 to \(Vocabulary.identifierLimit - 1)")
    }
    return number
  }

  func elements() throws(TokenizerError) -> [JSONNode] {
    guard case .array(let elements) = value else { throw unexpected("an array") }
    return elements.enumerated().map { index, element in
      JSONNode(value: element, path: "\(path)[\(index)]", file: file)
    }
  }

  /// The member `key` as true or false, with a default where it is absent.
  func boolean(_ key: String, default value: Bool) throws(TokenizerError) -> Bool {
    try member(key)?.boolean() ?? value
  }

  /// The name in `type`, which every component of a pipeline has.
  func type() throws(TokenizerError) -> String {
    guard case .object = value else { throw unexpected("an object with a type") }
    return try required("type", "the name of a component").string()
  }

  /// The error for a component type that is not among `supported`.
  func unsupported(_ supported: [String]) -> TokenizerError {
    .unexpected(
      file: file, path: path(of: "type"), found: member("type")?.value.summary ?? "null",
      expected: "one of \(supported.joined(separator: ", "))")
  }
}

extension String {
  /// The text as a message shows it: a long one up to its 200th character.
  var excerpt: String { prefix(200) + (count > 200 ? "..." : "") }
}

extension JSON {
  /// What to call this value in a message: its text if short, else its kind.
  var summary: String {
    switch self {
    case .string(let text):
      text.utf8.count <= 60 ? "\"\(text)\"" : "a string of \(text.utf8.count) bytes"
    case .array(let elements): "an array of \(elements.count)"
    case .object(let members): "an object of \(members.count) members"
    default: text()
    }
  }
}
