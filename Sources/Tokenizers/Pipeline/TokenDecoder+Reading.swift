import JSON

extension TokenDecoder: JSONReadable {
  static let kindOfJSON = "a decoder"

  private static let supported = [
    "Sequence", "ByteLevel", "Replace", "ByteFallback", "Fuse", "Strip", "Metaspace", "BPEDecoder",
  ]

  /// Reads the `decoder` of a tokenizer.json.
  init(reading node: JSONNode) throws(JSONReadingError) {
    switch try node.type() {
    case "Sequence":
      self = .sequence(try node.required("decoders"))
    case "ByteLevel":
      self = .byteLevel
    case "Replace":
      self = .replace(
        try node.required("pattern"),
        with: Array(try node.required("content", String.self).utf8))
    case "ByteFallback":
      self = .byteFallback
    case "Fuse":
      self = .fuse
    case "Strip":
      self = .strip(
        try node.character("content"),
        start: try node.count("start"), stop: try node.count("stop"))
    case "Metaspace":
      self = .metaspace(try Metaspace(node))
    case "BPEDecoder":
      self = .wordEnd(try node.nonEmptyText("suffix"))
    default:
      throw node.unsupported(Self.supported)
    }
  }
}
