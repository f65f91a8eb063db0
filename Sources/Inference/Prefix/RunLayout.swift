package import Transformer

/// The rows of one run of the decoder: token ids by row, and the sequences that they belong to.
///
/// Teacher, training, evaluation and generation lay their runs out here and nowhere else.
package struct RunLayout: Sendable, Equatable {
  /// Token ids by row.
  package private(set) var tokens: [Int] = []
  package private(set) var sequences: [PackedBatch.Sequence] = []
  /// Rows of the prefix that the sequences attend to.
  package let prefixRows: Int
  /// Tokens of the longest text that a sequence belongs to, the prefix included.
  package private(set) var textLength = 0
  /// The rows of a learned prompt; none where it is not in this run.
  package private(set) var promptRows = 0..<0
  /// The row of the learned prompt that comes first in this run.
  package private(set) var firstPromptRow = 0
  /// The row of the KV cache where the next sequence begins.
  private var nextKey: Int

  /// A run of sequences behind a prefix of `prefixRows` rows, whose keys are in the cache.
  package init(behindRows prefixRows: Int) {
    self.prefixRows = prefixRows
    nextKey = prefixRows
  }

  /// A run that begins with the whole prefix. Sequences behind it attend to its rows, and `backward`
  /// gives its gradient.
  package init(_ prefix: Prefix) {
    self.init(behindRows: prefix.rows)
    tokens = prefix.tokens
    textLength = tokens.count
    promptRows = prefix.promptRows
    sequences = [
      PackedBatch.Sequence(
        rows: tokens.count, responseRows: 0, keyStart: 0, followsPrefix: false)
    ]
  }

  /// A run of a chunk of the prefix, whose earlier rows are in the cache.
  ///
  /// - Parameter textLength: tokens of the longest text that will follow, the prefix included.
  package init(_ chunk: Range<Int>, of prefix: Prefix, textLength: Int) {
    prefixRows = 0
    nextKey = 0
    self.textLength = textLength
    tokens = Array(prefix.tokens[chunk])
    let rows = chunk.clamped(to: prefix.promptRows)
    if !rows.isEmpty {
      promptRows = (rows.lowerBound - chunk.lowerBound)..<(rows.upperBound - chunk.lowerBound)
      firstPromptRow = rows.lowerBound - prefix.promptRows.lowerBound
    }
    sequences = [
      PackedBatch.Sequence(
        rows: chunk.count, responseRows: 0, keyStart: 0, earlierKeys: chunk.lowerBound,
        followsPrefix: false)
    ]
  }

  /// Adds a sequence behind the prefix.
  ///
  /// - Parameters:
  ///   - responseRows: of its tokens, the last whose logits are wanted.
  ///   - keyStart: the row of the cache where its keys begin; behind those of the sequences before
  ///     it where nil.
  ///   - earlierKeys: keys that the cache holds of it from earlier runs.
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
}
