import JSON

extension AddedToken: JSONReadable {
  static let kindOfJSON = "a token"

  /// Reads an element of `added_tokens`.
  init(reading node: JSONNode) throws(JSONReadingError) {
    content = Array(try node.required("content", String.self).utf8)
    isSingleWord = try node.optional("single_word") ?? false
    stripsLeft = try node.optional("lstrip") ?? false
    stripsRight = try node.optional("rstrip") ?? false
    isSpecial = try node.optional("special") ?? false
    isNormalized = try node.optional("normalized") ?? !isSpecial
  }

  /// The token as an element of `added_tokens`.
  func json(identifier: Int) -> JSON {
    .object([
      "id": .integer(identifier), "content": .string(String(decoding: content, as: UTF8.self)),
      "single_word": .bool(isSingleWord), "lstrip": .bool(stripsLeft),
      "rstrip": .bool(stripsRight), "normalized": .bool(isNormalized), "special": .bool(isSpecial),
    ])
  }
}
