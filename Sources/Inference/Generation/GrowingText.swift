internal import Compute
package import Transformer

/// One text after a prefix, which grows turn by turn. Its keys and values stay in the cache, so a
/// turn costs the rows of its new tokens alone:
///
///     prefix | tokens of earlier turns | new tokens | answer
package final class GrowingText {
  private let model: PrefixedDecoder
  private let sampler: TokenSampler
  /// The tokens after the prefix.
  package private(set) var tokens: [Int] = []
  /// Number of them whose keys and values are in the cache.
  package private(set) var readCount = 0
  /// Number of turns, and of tokens drawn in the present one: the counters of random numbers.
  private var (turn, drawn) = (0, 0)

  /// An empty text after the prefix of a model, which has read it. The model serves no other text.
  ///
  /// - Throws: allocation and driver errors.
  package init(
    _ model: PrefixedDecoder, temperature: Float, seed: UInt64
  ) throws(TransformerError) {
    self.model = model
    sampler = try computing { () throws(ComputeError) in
      try TokenSampler(
        model.decoder, capacity: 1,
        options: GenerationOptions(maximumTokens: 1, temperature: temperature, seed: seed))
    }
  }

  /// The most tokens of the text.
  package var capacity: Int { model.capacity.rows }

  /// Begins a turn with a text that usually continues the present one; where it does not, the
  /// tokens from the first difference on are read again.
  ///
  /// - Parameter text: the tokens after the prefix, at least one.
  /// - Throws: where the text is longer than the capacity, or has an id outside the vocabulary.
  package func begin(_ text: [Int]) throws(TransformerError) {
    try model.decoder.check(text)
    guard text.count <= capacity else {
      throw .tooLong(what: "conversation", tokens: text.count, maximum: capacity)
    }
    let common = zip(tokens, text).prefix { $0 == $1 }.count
    // The last row gives the logits of the answer's first token, so it is always computed.
    readCount = min(readCount, common, text.count - 1)
    tokens = text
    (turn, drawn) = (turn + 1, 0)
  }

  /// Runs the model over unread tokens, as many as one run takes.
  ///
  /// - Returns: the next token, which the text then ends with; nil while tokens are left to read.
  /// - Throws: driver errors.
  package func advance() throws(TransformerError) -> Int? {
    let length = model.prefixRows + tokens.count
    if model.isLong(tokens.count) != model.isLongPrefix {
      // The text has other rotary frequencies now (LongRoPE), so all keys are computed again.
      try model.prefill(forTextLength: length)
      readCount = 0
    }
    let end = min(readCount + model.capacity.runRows, tokens.count)
    let isComplete = end == tokens.count
    var run = RunLayout(afterPrefixRows: model.prefixRows, textLength: length)
    run.append(
      tokens[readCount..<end], responseRows: isComplete ? 1 : 0, earlierKeys: readCount)
    try model.forward(run)
    readCount = end
    guard isComplete else { return nil }
    let next = try computing { () throws(ComputeError) in
      try sampler.next(model.activations.states, draws: [Draw(answer: turn, token: drawn)])[0]
    }
    drawn += 1
    tokens.append(next)
    return next
  }
}
