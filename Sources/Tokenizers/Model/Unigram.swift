/// SentencePiece's unigram model: of all ways to cut a piece into tokens the one with the largest
/// sum of scores, found by Viterbi's algorithm.
struct Unigram: Sendable {
  let vocabulary: Vocabulary
  /// Log probabilities, by identifier.
  let scores: [Double]
  /// Over the tokens; values are identifiers.
  let trie: TokenTrie
  let unknown: Int32
  /// The score of a character that no token of its own covers.
  let unknownScore: Double
  /// The tokens `<0x00>` to `<0xFF>`, -1 where one is missing; empty without byte fallback.
  let byteTokens: [Int32]

  /// The best segmentation of the text before a position.
  struct Step {
    /// Where its last token starts; -1 while no way is known.
    var start: Int32
    /// Its last token.
    var identifier: Int32
    var score: Double
  }

  /// Appends the tokens of one piece, `text[range]`.
  func encode(
    _ text: Span<UInt8>, _ range: Range<Int>, _ workspace: inout Workspace,
    to output: inout [Int32]
  ) {
    guard range.count <= WordCache.longestWord else {
      search(text, range, &workspace.steps, to: &output)
      return
    }
    let key = WordCache.key(text, range)
    if workspace.cache.find(key, text, range, to: &output) { return }
    let first = output.count
    search(text, range, &workspace.steps, to: &output)
    workspace.cache.insert(key, text, range, output, from: first)
  }

  private func search(
    _ text: Span<UInt8>, _ range: Range<Int>, _ steps: inout [Step], to output: inout [Int32]
  ) {
    steps.removeAll(keepingCapacity: true)
    for _ in 0...range.count { steps.append(Step(start: -1, identifier: 0, score: 0)) }
    var index = range.lowerBound
    while index < range.upperBound {
      let start = index - range.lowerBound
      let score = steps[start].score
      let length = scalarLength(text[index])
      var isCovered = false
      trie.forEachMatch(text, index, limit: range.upperBound) { end, identifier in
        isCovered = isCovered || end == index + length
        Self.improve(
          &steps[end - range.lowerBound], start, identifier, score + scores[identifier])
      }
      if !isCovered {
        Self.improve(&steps[start + length], start, Int(unknown), score + unknownScore)
      }
      index += length
    }
    appendPath(text, range, steps, to: &output)
  }

  /// The first of several equally good ways stays.
  @inline(__always)
  private static func improve(
    _ step: inout Step, _ start: Int, _ identifier: Int, _ score: Double
  ) {
    if step.start >= 0, score <= step.score { return }
    step = Step(start: Int32(start), identifier: Int32(identifier), score: score)
  }

  /// Appends the tokens of the best way, with adjacent unknown characters as one.
  private func appendPath(
    _ text: Span<UInt8>, _ range: Range<Int>, _ steps: [Step], to output: inout [Int32]
  ) {
    var path: [(start: Int, end: Int, identifier: Int32)] = []
    var end = range.count
    while end > 0 {
      let step = steps[end]
      let start = Int(step.start)
      if step.identifier == unknown, let last = path.last, last.identifier == unknown {
        path[path.count - 1].start = start
      } else {
        path.append((start, end, step.identifier))
      }
      end = start
    }
    for token in path.reversed() {
      guard token.identifier == unknown else {
        output.append(token.identifier)
        continue
      }
      let stretch = text.extracting(
        range.lowerBound + token.start..<range.lowerBound + token.end)
      if let known = vocabulary.identifier(of: stretch) {
        output.append(known)
      } else if !appendBytes(of: stretch, to: &output) {
        output.append(unknown)
      }
    }
  }

  /// Appends the byte tokens of unknown text if it has them all.
  private func appendBytes(of text: Span<UInt8>, to output: inout [Int32]) -> Bool {
    guard !byteTokens.isEmpty else { return false }
    for index in text.indices where byteTokens[Int(text[index])] < 0 { return false }
    for index in text.indices { output.append(byteTokens[Int(text[index])]) }
    return true
  }
}
