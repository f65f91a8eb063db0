/// Text on its way through the pre-tokenizers, cut into pieces. A model never sees more than one
/// piece at a time, so tokens never cross from one into the next.
struct PreTokenizedText {
  /// A stretch of `bytes`; pieces are ordered, and none is empty.
  struct Piece {
    var start: Int
    var end: Int
    /// Whether it starts at the first character of what the user gave.
    var isFirst: Bool
  }

  /// UTF-8.
  private(set) var bytes: [UInt8]
  private(set) var pieces: [Piece]
  private(set) var budget: TextBudget

  /// One piece that holds all of `bytes`.
  init(_ bytes: [UInt8], isFirst: Bool, _ budget: TextBudget) {
    self.bytes = bytes
    self.budget = budget
    pieces = bytes.isEmpty ? [] : [Piece(start: 0, end: bytes.count, isFirst: isFirst)]
  }

  /// Cuts every piece at the matches of `pattern`; with `inverted`, at what lies between them.
  mutating func split(
    _ pattern: TextPattern, _ behavior: SplitBehavior, inverted: Bool
  ) throws(TextBudget.Exceeded) {
    var result: [Piece] = []
    result.reserveCapacity(max(pieces.count, bytes.count / 5))
    var matches: [TextMatch] = []
    let source = bytes
    for piece in pieces {
      matches.removeAll(keepingCapacity: true)
      try pattern.appendMatches(
        in: source.span, piece.start..<piece.end, to: &matches, &budget)
      if inverted {
        for index in matches.indices { matches[index].isMatch.toggle() }
      }
      behavior.forEachStretch(of: matches) { stretch in
        guard !stretch.isEmpty else { return }
        result.append(
          Piece(
            start: stretch.lowerBound, end: stretch.upperBound,
            isFirst: piece.isFirst && stretch.lowerBound == piece.start))
      }
    }
    pieces = result
  }

  /// Cuts every piece into pieces of `length` characters; the last may be shorter.
  mutating func split(everyScalars length: Int) {
    var result: [Piece] = []
    for piece in pieces {
      var start = piece.start
      while start < piece.end {
        var end = start
        var count = 0
        while end < piece.end, count < length {
          end += scalarLength(bytes[end])
          count += 1
        }
        result.append(
          Piece(start: start, end: end, isFirst: piece.isFirst && start == piece.start))
        start = end
      }
    }
    pieces = result
  }

  /// Rewrites every piece; `body` gets the text and the piece and appends what replaces it.
  mutating func rewrite(
    _ body: (Span<UInt8>, Piece, inout [UInt8]) -> Void
  ) throws(TextBudget.Exceeded) {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count + bytes.count / 3 + pieces.count)
    let source = bytes
    var result: [Piece] = []
    result.reserveCapacity(pieces.count)
    for piece in pieces {
      let start = output.count
      body(source.span, piece, &output)
      try budget.spend(bytes: output.count - start)
      if output.count > start {
        result.append(Piece(start: start, end: output.count, isFirst: piece.isFirst))
      }
    }
    bytes = output
    pieces = result
  }
}
