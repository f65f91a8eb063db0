/// The `post_processor` of a tokenizer.json: puts special tokens around the text's.
///
/// A tokenizer.json also says what to do with two texts; here there is always one.
struct PostProcessor: Sendable {
  enum Piece: Sendable, Equatable {
    case special([Int32])
    case text
  }

  /// What the result is put together from.
  let pieces: [Piece]

  /// Leaves the text's tokens alone.
  static let none = PostProcessor(pieces: [.text])

  /// The special tokens before the first text piece.
  var leading: [Int32] {
    pieces.prefix { $0 != .text }.flatMap { piece -> [Int32] in
      if case .special(let identifiers) = piece { identifiers } else { [] }
    }
  }

  func process(_ identifiers: [Int32], addingSpecialTokens: Bool) -> [Int] {
    var output: [Int] = []
    output.reserveCapacity(identifiers.count + pieces.count)
    for piece in pieces {
      switch piece {
      case .text:
        for identifier in identifiers { output.append(Int(identifier)) }
      case .special(let special):
        if addingSpecialTokens { output.append(contentsOf: special.lazy.map(Int.init)) }
      }
    }
    return output
  }
}

extension PostProcessor {
  private static let supported = [
    "TemplateProcessing", "ByteLevel", "Sequence", "BertProcessing", "RobertaProcessing",
  ]

  init(_ node: JSONNode) throws(TokenizerError) {
    switch try node.type() {
    case "ByteLevel":
      self = .none  // It only moves offsets.
    case "TemplateProcessing":
      self = try Self.template(node)
    case "BertProcessing", "RobertaProcessing":
      self.init(pieces: [
        .special([try Self.identifier(node, "cls")]), .text,
        .special([try Self.identifier(node, "sep")]),
      ])
    case "Sequence":
      var result = PostProcessor.none
      for element in try node.required("processors", "an array").elements() {
        let processor = try PostProcessor(element)
        if processor.pieces == [.text] { continue }
        guard result.pieces == [.text] else {
          throw element.unexpected("at most one processor that adds tokens")
        }
        result = processor
      }
      self = result
    default:
      throw node.unsupported(Self.supported)
    }
  }

  /// The identifier in a member like `["[CLS]", 101]`.
  private static func identifier(
    _ node: JSONNode, _ key: String
  ) throws(TokenizerError) -> Int32 {
    let member = try node.required(key, "a token with its identifier")
    let parts = try member.elements()
    guard parts.count == 2 else { throw member.unexpected("a token with its identifier") }
    return Int32(try parts[1].count())
  }

  private static func template(_ node: JSONNode) throws(TokenizerError) -> PostProcessor {
    let tokens = try node.required("special_tokens", "an object")
    var pieces: [Piece] = []
    for element in try node.required("single", "an array").elements() {
      if let sequence = element.member("Sequence") {
        let name = try sequence.required("id", "A")
        guard try name.string() == "A" else { throw name.unexpected("A: there is one text") }
        pieces.append(.text)
      } else if let special = element.member("SpecialToken") {
        let name = try special.required("id", "the name of a special token").string()
        let token = try tokens.required(name, "an object with ids")
        var identifiers: [Int32] = []
        for identifier in try token.required("ids", "an array of identifiers").elements() {
          identifiers.append(Int32(try identifier.count()))
        }
        pieces.append(.special(identifiers))
      } else {
        throw element.unexpected("an object with Sequence or SpecialToken")
      }
    }
    return PostProcessor(pieces: pieces)
  }
}
