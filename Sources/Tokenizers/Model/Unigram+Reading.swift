import JSON

extension Unigram {
  /// How far below the worst token an unknown character scores; SentencePiece's constant.
  private static let unknownPenalty = 10.0

  init(_ node: JSONNode) throws(TokenizerError) {
    let entries = try node.required("vocab", "an array of [token, score]")
    guard case .array(let elements) = entries.value else {
      throw entries.unexpected("an array of [token, score]")
    }
    guard elements.count < Vocabulary.identifierLimit else {
      throw entries.unexpected("fewer than \(Vocabulary.identifierLimit) tokens")
    }
    var vocabulary = Vocabulary(capacity: elements.count)
    var trie = TokenTrie()
    var scores: [Double] = []
    scores.reserveCapacity(elements.count)
    for (identifier, element) in elements.enumerated() {
      let place = JSONNode(
        value: element, path: "\(entries.path)[\(identifier)]", file: node.file)
      guard case .array(let parts) = element, parts.count == 2, case .string(let text) = parts[0]
      else { throw place.unexpected("a token with its score") }
      let token = Array(text.utf8)
      scores.append(
        try JSONNode(value: parts[1], path: "\(place.path)[1]", file: node.file).number())
      vocabulary.insert(token.span, identifier)
      guard trie.insert(token.span, identifier) else {
        throw place.unexpected("a vocabulary of fewer bytes")
      }
    }
    // Without it the library fails on the first character that it does not know.
    let unknown = try node.required("unk_id", "the identifier of the unknown token")
    let identifier = try unknown.count()
    guard identifier < scores.count else {
      throw unknown.unexpected("an identifier below \(scores.count)")
    }
    self.vocabulary = vocabulary
    self.scores = scores
    self.trie = trie
    self.unknown = Int32(identifier)
    unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
    byteTokens = try node.boolean("byte_fallback", default: false) ? vocabulary.byteTokens : []
  }
}
