extension Normalizer {
  private static let supported = [
    "Sequence", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Strip", "StripAccents", "Replace",
    "Prepend", "Precompiled", "Nmt", "ByteLevel",
  ]

  init(_ node: JSONNode) throws(TokenizerError) {
    let type = try node.type()
    if let form = UnicodeNormalization(rawValue: type) {
      self = .unicode(form)
      return
    }
    switch type {
    case "Sequence":
      var normalizers: [Normalizer] = []
      for element in try node.required("normalizers", "an array").elements() {
        normalizers.append(try Normalizer(element))
      }
      self = .sequence(normalizers)
    case "Lowercase":
      self = .lowercase
    case "Strip":
      self = .strip(
        left: try node.required("strip_left", "true or false").boolean(),
        right: try node.required("strip_right", "true or false").boolean())
    case "StripAccents":
      self = .stripAccents
    case "Replace":
      self = .replace(
        try TextPattern(node.required("pattern", "an object with String or Regex")),
        with: Array(try node.required("content", "a string").string().utf8))
    case "Prepend":
      self = .prepend(Array(try node.required("prepend", "a string").string().utf8))
    case "Precompiled":
      self = .precompiled(try CharacterMap(node))
    case "Nmt":
      self = .nmt
    case "ByteLevel":
      self = .byteLevel
    default:
      throw node.unsupported(Self.supported)
    }
  }
}

extension TextPattern {
  /// Reads `{"String": ...}` or `{"Regex": ...}`.
  init(_ node: JSONNode) throws(TokenizerError) {
    if let literal = node.member("String") {
      let bytes = Array(try literal.string().utf8)
      guard !bytes.isEmpty else { throw literal.unexpected("a string that is not empty") }
      self = .literal(bytes)
    } else if let regex = node.member("Regex") {
      let expression = try regex.string()
      if let words = WordPattern(expression: expression) {
        self = .words(words)
        return
      }
      do {
        self = .expression(try RegularExpression(expression))
      } catch {
        throw .unexpected(
          file: node.file, path: regex.path, found: "\"\(expression.excerpt)\"",
          expected: error.problem)
      }
    } else {
      throw node.unexpected("an object with String or Regex")
    }
  }
}
