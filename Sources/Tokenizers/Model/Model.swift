import JSON

/// The `model` of a tokenizer.json: turns one piece of text into tokens.
enum Model: Sendable {
  case bytePairEncoding(BytePairEncoding)
  case unigram(Unigram)

  var vocabulary: Vocabulary {
    switch self {
    case .bytePairEncoding(let model): model.vocabulary
    case .unigram(let model): model.vocabulary
    }
  }

  /// How many identifiers the model gives out: tokens that are added get the ones after these.
  var size: Int {
    switch self {
    case .bytePairEncoding(let model): model.vocabulary.count
    case .unigram(let model): model.scores.count
    }
  }

  /// Appends the tokens of one piece, `text[range]`.
  func encode(
    _ text: Span<UInt8>, _ range: Range<Int>, _ workspace: inout Workspace,
    to output: inout [Int32]
  ) {
    switch self {
    case .bytePairEncoding(let model): model.encode(text, range, &workspace, to: &output)
    case .unigram(let model): model.encode(text, range, &workspace, to: &output)
    }
  }

  init(_ node: JSONNode) throws(JSONReadingError) {
    // Early files have no type; those with merges are BPE.
    var type: String? = try node.optional("type")
    if type == nil, try node.has("merges") { type = "BPE" }
    switch type {
    case "BPE": self = .bytePairEncoding(try BytePairEncoding(node))
    case "Unigram": self = .unigram(try Unigram(node))
    default: throw node.unsupported(["BPE", "Unigram"])
    }
  }
}
