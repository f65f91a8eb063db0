import JSON

extension Normalizer: JSONReadable {
  static let kindOfJSON = "a normalizer"

  private static let supported = [
    "Sequence", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Strip", "StripAccents", "Replace",
    "Prepend", "Precompiled", "Nmt", "ByteLevel",
  ]

  /// Reads the `normalizer` of a tokenizer.json.
  init(reading node: JSONNode) throws(JSONReadingError) {
    let type = try node.type()
    if let form = UnicodeNormalization(rawValue: type) {
      self = .unicode(form)
      return
    }
    switch type {
    case "Sequence":
      self = .sequence(try node.required("normalizers"))
    case "Lowercase":
      self = .lowercase
    case "Strip":
      self = .strip(
        left: try node.required("strip_left"),
        right: try node.required("strip_right"))
    case "StripAccents":
      self = .stripAccents
    case "Replace":
      self = .replace(
        try node.required("pattern"),
        with: Array(try node.required("content", String.self).utf8))
    case "Prepend":
      self = .prepend(Array(try node.required("prepend", String.self).utf8))
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

extension TextPattern: JSONReadable {
  static let kindOfJSON = "an object with String or Regex"

  /// Reads `{"String": ...}` or `{"Regex": ...}`.
  init(reading node: JSONNode) throws(JSONReadingError) {
    if try node.has("String") {
      self = .literal(try node.nonEmptyText("String"))
    } else if let expression: String = try node.optional("Regex") {
      if let words = WordPattern(expression: expression) {
        self = .words(words)
        return
      }
      do {
        self = .expression(try RegularExpression(expression))
      } catch {
        throw node.failure(
          expected: error.problem, found: JSON.string(expression).kind, at: "Regex")
      }
    } else {
      throw node.failure(expected: Self.kindOfJSON)
    }
  }
}
