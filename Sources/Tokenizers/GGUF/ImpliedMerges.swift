/// The merges of a vocabulary of SentencePiece, whose files list none.
///
/// Two tokens merge wherever the vocabulary has what they make up, and the better the result the
/// sooner. Source: `generate_merges` of transformers, tokenization_utils_base.py.
struct ImpliedMerges {
  /// How good a token is.
  enum Order {
    /// By score, higher ones first.
    case scores([Double])
    /// By identifier, lower ones first, as Gemma's: the scores of its added tokens are no ranks.
    case identifiers
  }

  /// A merge with its place in the order.
  private struct Candidate {
    var score: Double
    var leftLength: Int32
    var rightLength: Int32
    var pair: BytePairEncoding.Pair

    /// Of equal scores, a longer left part goes first, then a longer right part, then the token
    /// that stands first.
    func isBefore(_ other: Candidate) -> Bool {
      if score != other.score { return score > other.score }
      if leftLength != other.leftLength { return leftLength > other.leftLength }
      if rightLength != other.rightLength { return rightLength > other.rightLength }
      return pair.result < other.pair.result
    }
  }

  /// Finding the merges of a token takes as many steps as the square of its length in bytes.
  static let stepLimit = 1 << 31

  /// The steps that the tokens take.
  static func steps(_ tokens: GGUFTokens) -> Int {
    tokens.spellings.reduce(0) { $0 + ($1?.count ?? 0) * ($1?.count ?? 0) }
  }

  /// The merges, first to last.
  static func pairs(of tokens: GGUFTokens, by order: Order) -> [BytePairEncoding.Pair] {
    let vocabulary = tokens.vocabulary
    var candidates: [Candidate] = []
    candidates.reserveCapacity(tokens.spellings.count * 2)
    for (identifier, spelling) in tokens.spellings.enumerated() {
      guard let spelling, tokens.types[identifier].merges else { continue }
      let score =
        switch order {
        case .scores(let scores): scores[identifier]
        case .identifiers: -Double(identifier)
        }
      let text = spelling.span
      let length = Int32(spelling.reduce(0) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) })
      var leftLength: Int32 = 1
      var index = scalarLength(text[0])
      while index < text.count {
        if let left = vocabulary.identifier(of: text.extracting(..<index)),
          tokens.types[Int(left)].merges,
          let right = vocabulary.identifier(of: text.extracting(index...)),
          tokens.types[Int(right)].merges
        {
          candidates.append(
            Candidate(
              score: score, leftLength: leftLength, rightLength: length - leftLength,
              pair: (left, right, Int32(identifier))))
        }
        index += scalarLength(text[index])
        leftLength += 1
      }
    }
    candidates.sort { $0.isBefore($1) }
    return candidates.map(\.pair)
  }
}
