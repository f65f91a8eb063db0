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
///
/// A context of several parts, which a teacher has not read together, has rows of each: a query of
/// one part is to have the output that its own teacher gives it, after the rows of all.
package struct MatchedStart {
  /// The most reference rows of a layer; each part of the context has its share of them.
  package static let rowLimit = 1024
  /// Further matches, each of the queries that the student has after the one before: in deeper
  /// layers they differ from the teacher's.
  private static let passes = 1
  /// The part of the context is 1 over this.
  static let contextShare = 8
  /// The part of rows of prompts, which predict nothing, is 1 over this.
  static let promptShare = 4
  /// Rows that are computed for one that is recorded.
  static let computedShare = 4
  /// The most tokens of a part of the context that is read once more.
  static let repeatedTokens = 64
  /// The least number of reference rows of a part.
  static let leastRows = 4

  /// The random stream of the choice of a part's rows.
  static func stream(_ part: Int) -> UInt64 {
    part == 0 ? .max - 2 : .max - 1000 - UInt64(part)
  }

  let decoder: Decoder
  /// What the teacher reads, part by part.
  let parts: [Prefix]
  /// The frame of the prompt.
  private let frame: Frame
  /// Prompts between the header and this one.
  private let others: [LearnedPrompt]
  let seed: UInt64

  /// - Parameters:
  ///   - decoder: the model.
  ///   - parts: what the teacher reads: header, a part of the context, closing.
  ///   - frame: the frame of the prompt.
  ///   - others: prompts between the header and this one, which the teacher has not read.
  ///   - seed: of the choice of rows.
  package init(
    _ decoder: Decoder, parts: [Prefix], frame: Frame, beside others: [LearnedPrompt] = [],
    seed: UInt64
  ) {
    self.decoder = decoder
    self.parts = parts
    self.frame = frame
    self.others = others
    self.seed = seed
  }

  /// The prompt of `count` rows.
  ///
  /// Each part keeps rows of its own, as many as its share of the context's tokens. The first match
  /// is of each part alone, with the queries of its teacher; further ones are of all parts
  /// together, with the queries that the student has after the one before.
  ///
  /// - Parameters:
  ///   - count: k, at most the context's tokens.
  ///   - examples: of each part, whose prompts and responses are the reference, with the part
  ///     itself.
  ///   - isLong: whether the student's texts are long ones.
  ///   - read: the model that has read a part, by its index; each part is read twice.
  /// - Throws: what `read` throws; allocation and driver errors.
  package func prompt(
    count: Int, examples: [[Example]], isLong: Bool,
    read: (Int) throws(TransformerError) -> PrefixedDecoder
  ) throws(TransformerError) -> LearnedPrompt {
    let counts = Self.shares(of: count, parts.map { KeyValueSource.contextRows(of: $0).count })
    // A part without rows of its own is no part of the match.
    let matched = parts.indices.filter { counts[$0] > 0 }
    var sequences: [Int: [AttentionRecord.Sequence]] = [:]
    for part in matched { sequences[part] = self.sequences(of: examples[part], part) }
    var (prompts, capacity) = ([LearnedPrompt](), PrefixCapacity(rows: 0))
    for part in matched {
      let teacher = try read(part)
      capacity = teacher.capacity
      let record = try record(sequences[part] ?? [], with: teacher, parts[part])
      let (rows, share) = (KeyValueSource.contextRows(of: parts[part]), counts[part])
      let source = try teacher.keysValues(of: rows)
      let match = try solved(
        [try heads(of: record, source, keeping: share, firstPosition: rows.lowerBound)],
        count: share)
      prompts.append(
        rotated(match, from: rows.upperBound - share, by: shift(of: rows, count), teacher, isLong))
    }
    var prompt = LearnedPrompt(joining: prompts)
    for _ in 0..<Self.passes {
      let body = Prefix(frame, others: others, .prompt(prompt))
      var records: [Int: AttentionRecord] = [:]
      do {
        let student = try decoder.prefill(body, capacity: capacity)
        for part in matched {
          records[part] = try record(sequences[part] ?? [], with: student, body)
        }
      }
      var heads: [[AttentionMatching.Part]] = []
      for part in matched {
        guard let record = records.removeValue(forKey: part) else { continue }
        let (teacher, rows) = (try read(part), KeyValueSource.contextRows(of: parts[part]))
        // As far before the student's rows as they were before the teacher's.
        let moved = rotated(
          try teacher.keysValues(of: rows), from: rows.lowerBound, by: shift(of: rows, count),
          teacher, isLong)
        heads.append(
          try self.heads(
            of: record, moved, keeping: counts[part],
            firstPosition: rows.lowerBound + shift(of: rows, count), after: prompt))
      }
      prompt = try solved(heads, count: count)
    }
    return prompt
  }

  /// How far the context's rows move, so that they end where the prompt's rows end.
  private func shift(of rows: Range<Int>, _ count: Int) -> Int {
    Prefix(frame, others: others, .nothing).rows - frame.closing.count + count - rows.upperBound
  }

  /// Rows with keys of consecutive positions, moved.
  private func rotated(
    _ prompt: LearnedPrompt, from first: Int, by shift: Int, _ teacher: PrefixedDecoder,
    _ isLong: Bool
  ) -> LearnedPrompt {
    let rows = 0..<prompt.form.tokenCount
    return prompt.rotated(
      from: KeyPositions(rows.map { first + $0 }, isLong: teacher.isLongPrefix),
      to: KeyPositions(rows.map { first + shift + $0 }, isLong: isLong),
      in: decoder.configuration)
  }

  /// `count` divided by the sizes of parts: their shares of it, each rounded so that the sum is
  /// right.
  static func shares(of count: Int, _ sizes: [Int]) -> [Int] {
    let all = max(1, sizes.reduce(0, +))
    var (shares, before) = ([Int](), 0)
    for size in sizes {
      shares.append((before + size) * count / all - before * count / all)
      before += size
    }
    return shares
  }

  /// What a part gives to the match of each layer and head.
  private func heads(
    of record: AttentionRecord, _ source: LearnedPrompt, keeping count: Int, firstPosition: Int,
    after present: LearnedPrompt? = nil
  ) throws(TransformerError) -> [AttentionMatching.Part] {
    let (configuration, heads) = (decoder.configuration, decoder.configuration.heads)
    let (context, present) = (cacheOrdered(source), present.map(cacheOrdered))
    return try computing { () throws(ComputeError) in
      try decoder.device.solveOnHost(configuration.layerCount * heads.keyValueHeads) { index in
        let (layer, head) = index.quotientAndRemainder(dividingBy: heads.keyValueHeads)
        var problem = Self.problem(
          record.layers[layer], context, layer: layer, head: head, heads,
          firstPosition: firstPosition)
        problem.present = present.map {
          AttentionMatching.Match(
            keys: Self.ofHead(head, $0.keys(ofLayer: layer), heads),
            values: Self.ofHead(head, $0.values(ofLayer: layer), heads))
        }
        return matching(layer, count).part(problem, count: count)
      }
    }
  }

  /// The matches of all layers and heads as a prompt.
  ///
  /// - Parameter parts: of each part, what it gives to each layer and head.
  private func solved(
    _ parts: [[AttentionMatching.Part]], count: Int
  ) throws(TransformerError) -> LearnedPrompt {
    let configuration = decoder.configuration
    let groups = configuration.heads.keyValueHeads
    let matches = try computing { () throws(ComputeError) in
      try decoder.device.solveOnHost(configuration.layerCount * groups) { index in
        var whole = parts[0][index]
        for part in parts.dropFirst() { whole.append(part[index]) }
        return matching(index / groups, count).match(whole)
      }
    }
    let form = configuration.keysValues(count: count)
    return LearnedPrompt(
      form: form,
      values: form.checkpointOrdered(
        Self.joined(matches, groups: groups, form: form), in: configuration))
  }

  private func matching(_ layer: Int, _ count: Int) -> AttentionMatching {
    let configuration = decoder.configuration
    return AttentionMatching(
      count: count, dimension: configuration.heads.headDimension,
      scale: configuration.attentionScale, softCap: configuration.attentionSoftCap,
      window: configuration.windows[layer])
  }

  private func cacheOrdered(_ prompt: LearnedPrompt) -> LearnedPrompt {
    LearnedPrompt(
      form: prompt.form,
      values: prompt.form.cacheOrdered(prompt.values, in: decoder.configuration))
  }
}
