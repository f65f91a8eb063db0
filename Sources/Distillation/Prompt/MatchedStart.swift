internal import Compute
import HuggingFace
package import Inference
package import Transformer

/// Keys and values by attention matching: for every layer and key/value head those of the context
/// that reference queries read most, and values that give them the same output.
///
/// The prompt's rows are as far from the rows after them as they were in the context: keys are
/// rotated by the difference of the contexts' ends, not to their own new positions, so that these
/// rows' scores stay what they are.
package struct MatchedStart {
  /// The most reference rows of a layer.
  package static let rowLimit = 1024
  /// Further matches, each of the queries that the student has after the one before: in deeper layers
  /// they differ from the teacher's.
  private static let passes = 1
  /// The part of the context is 1 over this.
  private static let contextShare = 8
  /// The part of rows of prompts, which predict nothing, is 1 over this.
  private static let promptShare = 4
  /// Rows that are computed for one that is recorded.
  private static let computedShare = 4
  /// The most tokens of a part of the context that is read once more.
  private static let repeatedTokens = 64
  /// The random stream of the choice of rows.
  private static let stream: UInt64 = .max - 2

  private let teacher: PrefixedDecoder
  private let prefix: Prefix
  /// The frame of the prompt.
  private let frame: Frame
  /// Prompts between the header and this one.
  private let others: [LearnedPrompt]
  private let context: [Int]
  private let seed: UInt64

  /// - Parameters:
  ///   - teacher: the model that has read the context.
  ///   - prefix: its prefix.
  ///   - frame: the frame of the prompt.
  ///   - others: prompts between the header and this one, which the teacher has not read.
  ///   - seed: of the choice of rows.
  package init(
    _ teacher: PrefixedDecoder, prefix: Prefix, frame: Frame, beside others: [LearnedPrompt] = [],
    seed: UInt64
  ) {
    guard case .context(let context) = prefix.body else { preconditionFailure("a context") }
    self.teacher = teacher
    self.prefix = prefix
    self.frame = frame
    self.others = others
    self.context = context
    self.seed = seed
  }

  /// The prompt of `count` rows.
  ///
  /// - Parameters:
  ///   - count: k, at most the context's tokens.
  ///   - examples: whose prompts and responses are the reference, with the context itself.
  ///   - isLong: whether the student's texts are long ones.
  package func prompt(
    count: Int, examples: [Example], isLong: Bool
  ) throws(TransformerError) -> LearnedPrompt {
    let decoder = teacher.decoder
    let (configuration, header) = (decoder.configuration, prefix.frame.header.count)
    let sequences = sequences(of: examples)
    let record = try record(sequences, with: teacher, prefix)
    let rows = header..<(header + context.count)
    let source = try teacher.keysValues(of: rows)
    let end = header + context.count - count
    let first = Prefix(frame, others: others, .nothing).rows - frame.closing.count
    let (old, new) = (
      KeyPositions((0..<count).map { end + $0 }, isLong: teacher.isLongPrefix),
      KeyPositions((0..<count).map { first + $0 }, isLong: isLong)
    )
    var prompt = try match(record, source, count: count, firstPosition: header)
      .rotated(from: old, to: new, in: configuration)
    // As far before the student's rows as they were before the teacher's.
    let shift = first - header - context.count + count
    let moved = source.rotated(
      from: KeyPositions(Array(rows), isLong: teacher.isLongPrefix),
      to: KeyPositions(rows.map { $0 + shift }, isLong: isLong), in: configuration)
    for _ in 0..<Self.passes {
      let body = Prefix(frame, others: others, .prompt(prompt))
      let student = try decoder.prefill(body, capacity: teacher.capacity)
      let record = try self.record(sequences, with: student, body)
      prompt = try match(
        record, moved, count: count, firstPosition: header + shift, after: prompt)
    }
    return prompt
  }

  /// The matches of all layers and heads as a prompt.
  private func match(
    _ record: AttentionRecord, _ source: LearnedPrompt, count: Int, firstPosition: Int,
    after present: LearnedPrompt? = nil
  ) throws(TransformerError) -> LearnedPrompt {
    let decoder = teacher.decoder
    let configuration = decoder.configuration
    func cacheOrdered(_ prompt: LearnedPrompt) -> LearnedPrompt {
      LearnedPrompt(
        form: prompt.form, values: prompt.form.cacheOrdered(prompt.values, in: configuration))
    }
    let (context, present) = (cacheOrdered(source), present.map(cacheOrdered))
    let heads = configuration.heads
    let groups = heads.keyValueHeads
    let matches = try computing { () throws(ComputeError) in
      try decoder.device.match(configuration.layerCount * groups) { index in
        let (layer, head) = (index / groups, index % groups)
        var problem = Self.problem(
          record.layers[layer], context, layer: layer, head: head, heads,
          firstPosition: firstPosition)
        problem.present = present.map {
          AttentionMatching.Match(
            keys: Self.ofHead(head, $0.keys(ofLayer: layer), heads),
            values: Self.ofHead(head, $0.values(ofLayer: layer), heads))
        }
        return (
          AttentionMatching(
            count: count, dimension: heads.headDimension, scale: configuration.attentionScale,
            softCap: configuration.attentionSoftCap, window: configuration.windows[layer]),
          problem
        )
      }
    }
    let form = configuration.keysValues(count: count)
    return LearnedPrompt(
      form: form,
      values: form.checkpointOrdered(
        Self.joined(matches, groups: groups, form: form), in: configuration))
  }

  /// One head's keys, values and queries.
  private static func problem(
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
  private static func ofHead(
    _ head: Int, _ rows: ArraySlice<Float>, _ heads: HeadShape
  ) -> [Float] {
    let width = heads.headDimension
    return stride(from: rows.startIndex + head * width, to: rows.endIndex, by: heads.keyValueWidth)
      .flatMap { rows[$0..<($0 + width)] }
  }

  /// The matches of all heads in the order of a prompt's elements.
  private static func joined(
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

extension MatchedStart {
  /// The sequences with the reference rows: examples, and parts of the context that are read once
  /// more behind it.
  private func sequences(of examples: [Example]) -> [AttentionRecord.Sequence] {
    let whole = examples.map {
      AttentionRecord.Sequence(tokens: $0.inputs, responseRows: $0.responseRows, rows: [])
    }
    let repeats = repeats(of: whole.map(\.tokens.count).max() ?? 1)
    var random = SplitMix64(seed: seed, stream: Self.stream)
    let fromContext = Self.rowLimit / Self.contextShare
    return chosen(Self.rowLimit - fromContext, of: whole, &random)
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
  private func record(
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
  private func repeats(of longest: Int) -> [AttentionRecord.Sequence] {
    let size = max(1, min(longest, Self.repeatedTokens))
    return stride(from: 0, to: context.count, by: size).map { start in
      let tokens = Array(context[start..<min(start + size, context.count)])
      return AttentionRecord.Sequence(tokens: tokens, responseRows: tokens.count, rows: [])
    }
  }
}
