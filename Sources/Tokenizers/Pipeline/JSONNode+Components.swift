import JSON

extension JSONNode {
  /// A string of exactly one Unicode scalar under `key`, as its UTF-8.
  func character(_ key: String) throws(JSONReadingError) -> [UInt8] {
    let text = try required(key, String.self, expected: "a string of one character")
    guard text.unicodeScalars.count == 1 else {
      throw failure(expected: "a string of one character", found: JSON.string(text).kind, at: key)
    }
    return Array(text.utf8)
  }

  /// The UTF-8 of a string under `key` that is not empty.
  func nonEmptyText(_ key: String) throws(JSONReadingError) -> [UInt8] {
    let text: String = try required(key)
    guard !text.isEmpty else {
      throw failure(expected: "a string that is not empty", found: JSON.string(text).kind, at: key)
    }
    return Array(text.utf8)
  }

  /// An integer under `key`, from 0 up to `Vocabulary.identifierLimit`.
  func count(_ key: String) throws(JSONReadingError) -> Int {
    try required(key, JSONNode.self, expected: "a whole number").count()
  }

  /// A finite number: `JSON` reads `NaN` and `Infinity` too, no tokenizer means them.
  func finiteNumber() throws(JSONReadingError) -> Double {
    let number = try read(as: Double.self)
    guard number.isFinite else { throw failure(expected: "a finite number") }
    return number
  }

  /// An integer from 0 up to `Vocabulary.identifierLimit`.
  func count() throws(JSONReadingError) -> Int {
    guard case .integer(let number) = json, 0..<Vocabulary.identifierLimit ~= number else {
      throw failure(expected: "a whole number from 0 to \(Vocabulary.identifierLimit - 1)")
    }
    return number
  }

  /// The name under `type`, which every component of a pipeline has.
  func type() throws(JSONReadingError) -> String {
    try required("type", expected: "the name of a component")
  }

  /// The error for a component type that is not among `supported`.
  func unsupported(_ supported: [String]) -> JSONReadingError {
    let type = try? optional("type", JSONNode.self)
    return failure(
      expected: "one of \(supported.joined(separator: ", "))", found: type?.json.kind ?? "nothing",
      at: "type")
  }
}
