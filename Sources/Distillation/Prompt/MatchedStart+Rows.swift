internal import Compute
internal import Inference
internal import Transformer

/// The rows of one head, out of and into those of all.
extension MatchedStart {
  /// One head's keys, values and queries.
  static func problem(
    _ record: AttentionRecord.Layer, _ context: LearnedPrompt, layer: Int, head: Int,
    _ heads: HeadShape, firstPosition: Int
  ) -> AttentionMatching.Problem {
    let (width, group) = (heads.headDimension, heads.queryHeads / heads.keyValueHeads)
    func ofGroup(_ rows: [Float]) -> [Float] {
      stride(from: head * group * width, to: rows.count, by: heads.queryWidth)
        .flatMap { rows[$0..<($0 + group * width)] }
    }
    return AttentionMatching.Problem(
      keys: ofHead(head, context.keys(ofLayer: layer), heads),
      values: ofHead(head, context.values(ofLayer: layer), heads),
      firstPosition: firstPosition, queries: ofGroup(record.query),
      attended: ofGroup(record.attended),
      logSumExp: stride(from: head * group, to: record.logSumExp.count, by: heads.queryHeads)
        .flatMap { record.logSumExp[$0..<($0 + group)] },
      positions: record.positions.flatMap { [Int](repeating: $0, count: group) })
  }

  /// The rows of one key/value head.
  static func ofHead(
    _ head: Int, _ rows: ArraySlice<Float>, _ heads: HeadShape
  ) -> [Float] {
    let width = heads.headDimension
    return stride(from: rows.startIndex + head * width, to: rows.endIndex, by: heads.keyValueWidth)
      .flatMap { rows[$0..<($0 + width)] }
  }

  /// The matches of all heads in the order of a prompt's elements.
  static func joined(
    _ matches: [AttentionMatching.Match], groups: Int, form: PromptForm
  ) -> [Float] {
    guard case .keysValues(let layers, let count, _, let width) = form else { return [] }
    var values: [Float] = []
    values.reserveCapacity(form.elementCount)
    for part in [\AttentionMatching.Match.keys, \.values] {
      for layer in 0..<layers {
        for row in 0..<count {
          for head in 0..<groups {
            values += matches[layer * groups + head][keyPath: part][(row * width)...].prefix(width)
          }
        }
      }
    }
    return values
  }
}

/// The choice of reference rows, and what they read.
extension MatchedStart {
  /// The sequences of a part with the reference rows: examples, and pieces of the part that are
  /// read once more behind it.
  func sequences(of examples: [Example], _ part: Int) -> [AttentionRecord.Sequence] {
    let whole = examples.map {
      AttentionRecord.Sequence(tokens: $0.inputs, responseRows: $0.responseRows, rows: [])
    }
    guard case .context(let context) = parts[part].body else { preconditionFailure("a context") }
    let repeats = repeats(of: context, longest: whole.map(\.tokens.count).max() ?? 1)
    var random = SplitMix64(seed: seed, stream: Self.stream(part))
    let limit = max(Self.leastRows, Self.rowLimit / parts.count)
    let fromContext = limit / Self.contextShare
    return chosen(limit - fromContext, of: whole, &random)
      + chosen(fromContext, of: repeats, &random)
  }

  /// Chooses `count` rows at random, from as many sequences as have ``computedShare`` as many rows.
  private func chosen(
    _ count: Int, of sequences: [AttentionRecord.Sequence], _ random: inout SplitMix64
  ) -> [AttentionRecord.Sequence] {
    var (kept, total): ([AttentionRecord.Sequence], Int) = ([], 0)
    for index in random.permutation(of: sequences.count)
    where total < count * Self.computedShare {
      kept.append(sequences[index])
      total += sequences[index].tokens.count
    }
    var (prompts, responses): ([(sequence: Int, row: Int)], [(sequence: Int, row: Int)]) = ([], [])
    for (index, sequence) in kept.enumerated() {
      let firstResponse = sequence.tokens.count - sequence.responseRows
      prompts += (0..<firstResponse).map { (index, $0) }
      responses += (firstResponse..<sequence.tokens.count).map { (index, $0) }
    }
    let ofPrompts = min(count / Self.promptShare, prompts.count)
    let rows =
      random.subset(of: prompts.count, count: ofPrompts).map { prompts[$0] }
      + random.subset(of: responses.count, count: min(count - ofPrompts, responses.count))
      .map { responses[$0] }
    for (index, row) in rows { kept[index].rows.append(row) }
    return kept.filter { !$0.rows.isEmpty }
  }

  /// The attention of the reference rows and of the closing.
  func record(
    _ sequences: [AttentionRecord.Sequence], with model: PrefixedDecoder, _ prefix: Prefix
  ) throws(TransformerError) -> AttentionRecord {
    let closing = prefix.frame.closing
    var record = AttentionRecord(layerCount: model.decoder.configuration.layerCount)
    let textLength = prefix.rows + (sequences.map(\.tokens.count).max() ?? 0)
    if !closing.isEmpty {
      let sequence = AttentionRecord.Sequence(
        tokens: closing, responseRows: closing.count, rows: Array(closing.indices))
      try model.record(
        [sequence], afterRows: prefix.rows - closing.count, textLength: textLength, into: &record)
    }
    try model.record(sequences, textLength: textLength, into: &record)
    return record
  }

  /// Consecutive parts of the context as texts behind it, which no more than the longest example
  /// needs.
  private func repeats(of context: [Int], longest: Int) -> [AttentionRecord.Sequence] {
    let size = max(1, min(longest, Self.repeatedTokens))
    return stride(from: 0, to: context.count, by: size).map { start in
      let tokens = Array(context[start..<min(start + size, context.count)])
      return AttentionRecord.Sequence(tokens: tokens, responseRows: tokens.count, rows: [])
    }
  }
}
