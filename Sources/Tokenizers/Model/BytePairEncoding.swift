/// Byte-pair encoding: a piece starts as characters, and adjacent symbols merge, lowest rank first.
///
/// Covers the byte-level kind (GPT-2, Llama 3, Qwen2: every byte is a character of the byte-level
/// alphabet) and SentencePiece's kind (Llama 2, Mistral: characters that are not in the
/// vocabulary become tokens for their bytes).
struct BytePairEncoding: Sendable {
  let vocabulary: Vocabulary
  let merges: MergeTable
  let symbols: SymbolTable
  /// A piece that is a token as a whole stays whole, whatever the merges say.
  let ignoresMerges: Bool
  /// Where long pieces may be cut, or nil.
  let mergeablePairs: MergeablePairs?

  /// Pieces longer than this are cut where no merge can reach across, so that most of a text
  /// that was not split into words still comes from the cache.
  private static let longestUncut = 24

  /// Appends the tokens of one piece, `text[range]`.
  func encode(
    _ text: Span<UInt8>, _ range: Range<Int>, _ workspace: inout Workspace,
    to output: inout [Int32]
  ) {
    guard let mergeablePairs, range.count > Self.longestUncut else {
      encodeWord(text, range, &workspace, to: &output)
      return
    }
    var start = range.lowerBound
    var (left, length) = symbols.symbol(text, start)
    var index = start + length
    while index < range.upperBound {
      let (right, length) = symbols.symbol(text, index)
      if mergeablePairs.canCut(left, right) {
        encodeWord(text, start..<index, &workspace, to: &output)
        start = index
      }
      left = right
      index += length
    }
    encodeWord(text, start..<range.upperBound, &workspace, to: &output)
  }

  private func encodeWord(
    _ text: Span<UInt8>, _ range: Range<Int>, _ workspace: inout Workspace,
    to output: inout [Int32]
  ) {
    guard range.count <= WordCache.longestWord else {
      merge(text, range, &workspace.queue, to: &output)
      return
    }
    let key = WordCache.key(text, range)
    if workspace.cache.find(key, text, range, to: &output) { return }
    let first = output.count
    merge(text, range, &workspace.queue, to: &output)
    workspace.cache.insert(key, text, range, output, from: first)
  }

  private func merge(
    _ text: Span<UInt8>, _ range: Range<Int>, _ queue: inout MergeQueue,
    to output: inout [Int32]
  ) {
    if ignoresMerges, let whole = vocabulary.identifier(of: text.extracting(range)) {
      output.append(whole)
      return
    }
    queue.removeAll()
    symbols.appendSymbols(of: text, range, to: &queue)
    queue.merge(by: merges, to: &output)
  }
}
