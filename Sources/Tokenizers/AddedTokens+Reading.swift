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
}
