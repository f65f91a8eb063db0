import JSON

extension Unigram {
  /// How far below the worst token an unknown character scores; SentencePiece's constant.
  private static let unknownPenalty = 10.0

  init(_ node: JSONNode) throws(JSONReadingError) {
    let entries: JSONNode = try node.required(
      "vocab", expected: "an array of [token, score]")
    guard case .array(let elements) = entries.json else {
      throw entries.failure(expected: "an array of [token, score]")
    }
    guard elements.count < Vocabulary.identifierLimit else {
      throw entries.failure(expected: "fewer than \(Vocabulary.identifierLimit) tokens")
    }
    var vocabulary = Vocabulary(capacity: elements.count)
    var trie = TokenTrie()
    var scores: [Double] = []
    scores.reserveCapacity(elements.count)
    for (identifier, element) in elements.enumerated() {
      let entry = entries.element(element, at: identifier)
      guard case .array(let parts) = element, parts.count == 2, case .string(let text) = parts[0]
      else { throw entry.failure(expected: "a token with its score, as [token, score]") }
      let token = Array(text.utf8)
      scores.append(try entry.element(parts[1], at: 1).finiteNumber())
      vocabulary.insert(token.span, identifier)
      guard trie.insert(token.span, identifier) else {
        throw entry.failure(expected: "a vocabulary of fewer bytes")
      }
    }
    // Without it the library fails on the first character that it does not know.
    let unknown: JSONNode = try node.required(
      "unk_id", expected: "the identifier of the unknown token")
    let identifier = try unknown.count()
    guard identifier < scores.count else {
      throw unknown.failure(expected: "an identifier below \(scores.count)")
    }
    self.vocabulary = vocabulary
    self.scores = scores
    self.trie = trie
    self.unknown = Int32(identifier)
    unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
    byteTokens = try node.optional("byte_fallback") ?? false ? vocabulary.byteTokens : []
  }
}
