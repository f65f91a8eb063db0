extension BytePairEncoding {
  /// A merge by its tokens; those before it in a list go first.
  typealias Pair = (left: Int32, right: Int32, result: Int32)

  /// A model of these merges.
  ///
  /// - Parameters:
  ///   - vocabulary: the tokens.
  ///   - pairs: the merges, first to last.
  ///   - unknown: the treatment of characters that are not in the vocabulary.
  ///   - ignoresMerges: whether a piece that is a token stays whole.
  ///   - prefix: what every character but the first has in front where it is looked up.
  ///   - suffix: what the last character has behind it where it is looked up.
  init(
    _ vocabulary: Vocabulary, _ pairs: [Pair], _ unknown: SymbolTable.Unknown,
    ignoresMerges: Bool, prefix: [UInt8] = [], suffix: [UInt8] = []
  ) {
    var merges = MergeTable(capacity: pairs.count)
    for (rank, pair) in pairs.enumerated() {
      merges.insert(pair.left, pair.right, .init(rank: Int32(rank), result: pair.result))
    }
    // A piece that may stay whole must not be cut first, and decorated characters depend on
    // where the piece starts and ends.
    let isCuttable = !ignoresMerges && prefix.isEmpty && suffix.isEmpty
    self.ignoresMerges = ignoresMerges
    mergeablePairs = isCuttable ? Self.mergeablePairs(pairs, vocabulary, unknown) : nil
    symbols = SymbolTable(vocabulary, unknown, prefix: prefix, suffix: suffix)
    self.vocabulary = vocabulary
    self.merges = merges
  }

  /// The pairs of all merges, or nil where tokens can arise that are not made of characters.
  private static func mergeablePairs(
    _ pairs: [Pair], _ vocabulary: Vocabulary, _ unknown: SymbolTable.Unknown
  ) -> MergeablePairs? {
    var special = Set(unknown.bytes)
    if let token = unknown.token { special.insert(token) }
    var mergeablePairs = MergeablePairs(cutsAtUnknown: unknown.coversEveryByte)
    for pair in pairs {
      if special.contains(pair.left) || special.contains(pair.right) { return nil }
      guard let left = vocabulary.token(of: Int(pair.left)),
        let right = vocabulary.token(of: Int(pair.right))
      else { return nil }
      let last = left[scalarStart(left.span, before: left.count)...]
      let first = right[..<scalarLength(right[0])]
      guard let lastSymbol = vocabulary.identifier(of: last.span),
        let firstSymbol = vocabulary.identifier(of: first.span)
      else { continue }  // Out of reach: it cannot be made of characters of the vocabulary.
      mergeablePairs.insert(lastSymbol, firstSymbol)
    }
    return mergeablePairs
  }
}
