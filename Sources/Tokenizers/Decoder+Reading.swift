extension Decoder {
  private static let supported = [
    "Sequence", "ByteLevel", "Replace", "ByteFallback", "Fuse", "Strip", "Metaspace", "BPEDecoder",
  ]

  init(_ node: JSONNode) throws(TokenizerError) {
    switch try node.type() {
    case "Sequence":
      var decoders: [Decoder] = []
      for element in try node.required("decoders", "an array").elements() {
        decoders.append(try Decoder(element))
      }
      self = .sequence(decoders)
    case "ByteLevel":
      self = .byteLevel
    case "Replace":
      self = .replace(
        try TextPattern(node.required("pattern", "an object with String or Regex")),
        with: Array(try node.required("content", "a string").string().utf8))
    case "ByteFallback":
      self = .byteFallback
    case "Fuse":
      self = .fuse
    case "Strip":
      self = .strip(
        try node.required("content", "a string of one character").character(),
        start: try node.required("start", "a count").count(),
        stop: try node.required("stop", "a count").count())
    case "Metaspace":
      self = .metaspace(try Metaspace(node))
    case "BPEDecoder":
      let suffix = try node.required("suffix", "a string")
      let bytes = Array(try suffix.string().utf8)
      guard !bytes.isEmpty else { throw suffix.unexpected("a string that is not empty") }
      self = .wordEnd(bytes)
    default:
      throw node.unsupported(Self.supported)
    }
  }
}
