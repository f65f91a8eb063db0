import JSON

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

extension PostProcessor: JSONReadable {
  static let kindOfJSON = "a post-processor"

  private static let supported = [
    "TemplateProcessing", "ByteLevel", "Sequence", "BertProcessing", "RobertaProcessing",
  ]

  /// Reads the `post_processor` of a tokenizer.json.
  init(reading node: JSONNode) throws(JSONReadingError) {
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
      for element in try node.required("processors", [JSONNode].self) {
        let processor = try PostProcessor(reading: element)
        if processor.pieces == [.text] { continue }
        guard result.pieces == [.text] else {
          throw element.failure(expected: "at most one processor that adds tokens")
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
  ) throws(JSONReadingError) -> Int32 {
    let parts: [JSONNode] = try node.required(key, expected: "a token with its identifier")
    guard parts.count == 2 else {
      throw node.failure(
        expected: "a token with its identifier", found: "an array of \(parts.count)", at: key)
    }
    return Int32(try parts[1].count())
  }

  private static func template(_ node: JSONNode) throws(JSONReadingError) -> PostProcessor {
    let tokens: JSONNode = try node.required("special_tokens", expected: "an object")
    var pieces: [Piece] = []
    for element in try node.required("single", [JSONNode].self) {
      if let sequence: JSONNode = try element.optional("Sequence") {
        let name: String = try sequence.required("id", expected: "A")
        guard name == "A" else {
          throw sequence.failure(expected: "A: there is one text", found: name, at: "id")
        }
        pieces.append(.text)
      } else if let special: JSONNode = try element.optional("SpecialToken") {
        let name: String = try special.required("id", expected: "the name of a special token")
        let token: JSONNode = try tokens.required(name, expected: "an object with ids")
        var identifiers: [Int32] = []
        let ids: [JSONNode] = try token.required("ids", expected: "an array of identifiers")
        for identifier in ids {
          identifiers.append(Int32(try identifier.count()))
        }
        pieces.append(.special(identifiers))
      } else {
        throw element.failure(expected: "an object with Sequence or SpecialToken")
      }
    }
    return PostProcessor(pieces: pieces)
  }
}
