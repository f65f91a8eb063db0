extension PreTokenizer {
  private static let supported = [
    "Sequence", "Split", "ByteLevel", "Metaspace", "Digits", "Punctuation", "Whitespace",
    "WhitespaceSplit", "BertPreTokenizer", "CharDelimiterSplit", "FixedLength",
  ]

  init(_ node: JSONNode) throws(TokenizerError) {
    switch try node.type() {
    case "Sequence":
      var preTokenizers: [PreTokenizer] = []
      for element in try node.required("pretokenizers", "an array").elements() {
        preTokenizers.append(try PreTokenizer(element))
      }
      self = .sequence(preTokenizers)
    case "Split":
      self = .split(
        try TextPattern(node.required("pattern", "an object with String or Regex")),
        try SplitBehavior(node.required("behavior", SplitBehavior.expected)),
        inverted: try node.boolean("invert", default: false))
    case "ByteLevel":
      self = .byteLevel(
        addsPrefixSpace: try node.boolean("add_prefix_space", default: true),
        splitsWords: try node.boolean("use_regex", default: true))
    case "Metaspace":
      self = .metaspace(try Metaspace(node))
    case "Digits":
      let isIndividual = try node.boolean("individual_digits", default: false)
      self = .split(.scalars(.numbers), isIndividual ? .isolated : .contiguous, inverted: false)
    case "Punctuation":
      let behavior = try node.member("behavior").map { node throws(TokenizerError) in
        try SplitBehavior(node)
      }
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
      let delimiter = try node.required("delimiter", "a string of one character").character()
      self = .split(.literal(delimiter), .removed, inverted: false)
    case "FixedLength":
      let length = try node.member("length")?.count() ?? 5
      guard length > 0 else { throw node.unexpected("a length above 0") }
      self = .fixedLength(length)
    default:
      throw node.unsupported(Self.supported)
    }
  }
}

extension SplitBehavior {
  static let expected = "one of \(allCases.map(\.rawValue).joined(separator: ", "))"

  init(_ node: JSONNode) throws(TokenizerError) {
    guard let behavior = SplitBehavior(rawValue: try node.string()) else {
      throw node.unexpected(Self.expected)
    }
    self = behavior
  }
}
