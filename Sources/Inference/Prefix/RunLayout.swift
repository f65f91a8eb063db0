package import Transformer

/// The rows of one run of the decoder: token ids by row, and the sequences of these rows.
///
/// Teacher, training, evaluation and generation all build their runs with this type.
package struct RunLayout: Sendable, Equatable {
  /// Token ids by row.
  package private(set) var tokens: [Int] = []
  package private(set) var sequences: [PackedBatch.Sequence] = []
  /// Rows of the prefix that the sequences attend to.
  package let prefixRows: Int
  /// Tokens of the longest text of the run, including the prefix.
  package private(set) var textLength = 0
  /// The rows of prompts of embeddings in this run.
  package private(set) var embeddedRows: [EmbeddedRows] = []
  /// The first cache row of the next sequence.
  private var nextKey: Int

  /// Rows of a prompt of embeddings.
  package struct EmbeddedRows: Sendable, Equatable {
    /// The index of the prompt among the prefix's learned prompts, of which the body's is the last.
    package var prompt: Int
    /// Its first row in this run.
    package var firstRow: Int
    /// The rows in this run.
    package var rows: Range<Int>
  }

  /// A run of sequences after a prefix of `prefixRows` rows, whose keys are in the cache.
  ///
  /// - Parameters:
  ///   - prefixRows: rows of the prefix.
  ///   - firstKey: the first row of the cache that the sequences take; nil for that after the
  ///     prefix.
  ///   - textLength: the length of a text that decides the rotary frequencies, where it is longer
  ///     than the run's.
  package init(afterPrefixRows prefixRows: Int, firstKey: Int? = nil, textLength: Int = 0) {
    self.prefixRows = prefixRows
    self.textLength = textLength
    nextKey = firstKey ?? prefixRows
  }

  /// A run that begins with the rows of the prefix that a training step computes. The sequences
  /// attend to the whole prefix, and `backward` computes its gradient.
  package init(_ prefix: Prefix) {
    self.init(afterPrefixRows: prefix.rows)
    let first = prefix.firstStepRow
    tokens = Array(prefix.tokens[first...])
    textLength = prefix.rows
    guard !tokens.isEmpty else { return }
    embeddedRows = Self.embeddedRows(of: prefix, in: first..<prefix.rows)
    sequences = [
      PackedBatch.Sequence(
        rows: tokens.count, responseRows: 0, keyStart: 0, earlierKeys: first, followsPrefix: false)
    ]
  }

  /// A run of a chunk of the prefix, whose earlier rows are in the cache.
  ///
  /// - Parameters:
  ///   - chunk: rows of the prefix that the model computes.
  ///   - prefix: the prefix.
  ///   - textLength: tokens of the longest text that will follow, including the prefix.
  package init(_ chunk: Range<Int>, of prefix: Prefix, textLength: Int) {
    prefixRows = 0
    nextKey = 0
    self.textLength = textLength
    tokens = Array(prefix.tokens[chunk])
    embeddedRows = Self.embeddedRows(of: prefix, in: chunk)
    sequences = [
      PackedBatch.Sequence(
        rows: chunk.count, responseRows: 0, keyStart: 0, earlierKeys: chunk.lowerBound,
        followsPrefix: false)
    ]
  }

  /// Adds a sequence after the prefix.
  ///
  /// - Parameters:
  ///   - tokens: the sequence's token ids.
  ///   - responseRows: how many of its last rows need logits.
  ///   - keyStart: its first row of the cache; nil puts it after the sequences before it.
  ///   - earlierKeys: its keys that earlier runs left in the cache.
  package mutating func append(
    _ tokens: some Collection<Int>, responseRows: Int, keyStart: Int? = nil, earlierKeys: Int = 0
  ) {
    sequences.append(
      PackedBatch.Sequence(
        rows: tokens.count, responseRows: responseRows, keyStart: keyStart ?? nextKey,
        earlierKeys: earlierKeys, followsPrefix: true))
    nextKey += tokens.count
    textLength = max(textLength, prefixRows + earlierKeys + tokens.count)
    self.tokens += tokens
  }

  /// The rows of prompts of embeddings in a chunk of a prefix.
  private static func embeddedRows(of prefix: Prefix, in chunk: Range<Int>) -> [EmbeddedRows] {
    prefix.learnedRows.enumerated().compactMap { index, learned in
      let rows = chunk.clamped(to: learned.rows)
      guard !learned.form.isKeysValues, !rows.isEmpty else { return nil }
      return EmbeddedRows(
        prompt: index, firstRow: rows.lowerBound - learned.rows.lowerBound,
        rows: (rows.lowerBound - chunk.lowerBound)..<(rows.upperBound - chunk.lowerBound))
    }
  }
}
