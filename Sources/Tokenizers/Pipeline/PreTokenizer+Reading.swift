import JSON

extension PreTokenizer: JSONReadable {
  static let kindOfJSON = "a pre-tokenizer"

  private static let supported = [
    "Sequence", "Split", "ByteLevel", "Metaspace", "Digits", "Punctuation", "Whitespace",
    "WhitespaceSplit", "BertPreTokenizer", "CharDelimiterSplit", "FixedLength",
  ]

  /// Reads the `pre_tokenizer` of a tokenizer.json.
  init(reading node: JSONNode) throws(JSONReadingError) {
    switch try node.type() {
    case "Sequence":
      self = .sequence(try node.required("pretokenizers"))
    case "Split":
      self = .split(
        try node.required("pattern"), try node.required("behavior"),
        inverted: try node.optional("invert") ?? false)
    case "ByteLevel":
      self = .byteLevel(
        addsPrefixSpace: try node.optional("add_prefix_space") ?? true,
        splitsWords: try node.optional("use_regex") ?? true)
    case "Metaspace":
      self = .metaspace(try Metaspace(node))
    case "Digits":
      let isIndividual = try node.optional("individual_digits") ?? false
      self = .split(.scalars(.numbers), isIndividual ? .isolated : .contiguous, inverted: false)
    case "Punctuation":
      let behavior: SplitBehavior? = try node.optional("behavior")
      self = .split(.scalars(.punctuation), behavior ?? .isolated, inverted: false)
    case "Whitespace":
      self = .split(.wordsAndSymbols, .removed, inverted: true)
    case "WhitespaceSplit":
      self = .split(.scalars(.whitespace), .removed, inverted: false)
    case "BertPreTokenizer":
      self = .sequence([
        .split(.scalars(.whitespace), .removed, inverted: false),
        .split(.scalars(.punctuation), .isolated, inverted: false),
      ])
    case "CharDelimiterSplit":
      let delimiter = try node.character("delimiter")
      self = .split(.literal(delimiter), .removed, inverted: false)
    case "FixedLength":
      let length = try node.optional("length", JSONNode.self)?.count() ?? 5
      guard length > 0 else { throw node.failure(expected: "a length above 0") }
      self = .fixedLength(length)
    default:
      throw node.unsupported(Self.supported)
    }
  }
}

extension SplitBehavior: JSONReadable {
  static let kindOfJSON = "one of \(allCases.map(\.rawValue).joined(separator: ", "))"

  /// Reads the name of a behavior.
  init(reading node: JSONNode) throws(JSONReadingError) {
    guard let behavior = SplitBehavior(rawValue: try node.read()) else {
      throw node.failure(expected: Self.kindOfJSON)
    }
    self = behavior
  }
}
