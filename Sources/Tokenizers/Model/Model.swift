/// The `model` of a tokenizer.json: turns one piece of text into tokens.
enum Model: Sendable {
  case bytePairEncoding(BytePairEncoding)

  var vocabulary: Vocabulary {
    switch self {
    case .bytePairEncoding(let model): model.vocabulary
    }
  }

  /// Appends the tokens of one piece, `text[range]`.
  func encode(
    _ text: Span<UInt8>, _ range: Range<Int>, _ workspace: inout Workspace,
    to output: inout [Int32]
  ) {
    switch self {
    case .bytePairEncoding(let model): model.encode(text, range, &workspace, to: &output)
    }
  }

  init(_ node: JSONNode) throws(TokenizerError) {
    guard case .object = node.value else { throw node.unexpected("an object") }
    // Files of the first years have no type here; merges then tell.
    let type = try node.member("type")?.string() ?? (node.member("merges") != nil ? "BPE" : nil)
    switch type {
    case "BPE": self = .bytePairEncoding(try BytePairEncoding(node))
    default: throw node.unsupported(["BPE"])
    }
  }
}
