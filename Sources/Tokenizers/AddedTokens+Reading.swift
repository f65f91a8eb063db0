import JSON

extension AddedToken {
  /// Reads an element of `added_tokens`.
  init(_ node: JSONNode) throws(TokenizerError) {
    content = Array(try node.required("content", "a string").string().utf8)
    isSingleWord = try node.boolean("single_word", default: false)
    stripsLeft = try node.boolean("lstrip", default: false)
    stripsRight = try node.boolean("rstrip", default: false)
    isSpecial = try node.boolean("special", default: false)
    isNormalized = try node.boolean("normalized", default: !isSpecial)
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
