internal import Compute
import HuggingFace
internal import Inference
internal import Transformer

extension Judge {
  /// The recorded responses, up to their first stop token.
  var responses: [[Int]] { cache.examples.map { limits.reference($0.response) } }

  /// The greedy answers of a model to all held-out examples, of which each rank generates its own.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - progress: called with the tokens generated so far and the most that there can be.
  func greedyAnswers(
    of model: PrefixedDecoder, progress: (Int, Int) -> Void = { _, _ in }
  ) throws(TransformerError) -> [[Int]] {
    cache.shares.gather(
      lists: try greedyAnswers(of: model, to: cache.shares.own, progress: progress))
  }

  /// The greedy answers of a model to some of the held-out examples.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - chosen: indices of examples.
  ///   - progress: called with the tokens generated so far and the most that there can be.
  func greedyAnswers(
    of model: PrefixedDecoder, to chosen: [Int], progress: (Int, Int) -> Void = { _, _ in }
  ) throws(TransformerError) -> [[Int]] {
    let examples = chosen.map { cache.examples[$0] }
    let positions = model.decoder.configuration.maximumPositions - model.prefixRows
    return try model.generate(
      examples.map(\.prompt),
      options: GenerationOptions(maximumTokens: 0, stopIdentifiers: limits.stopIdentifiers),
      limits: examples.map { example in
        // More than the response only as far as the cache and the model's positions go.
        let most = min(positions, model.capacity.runRows) - example.prompt.count
        return max(
          min(limits.limit(example.response), most), limits.reference(example.response).count)
      }, progress: progress)
  }

  /// Greedy answers of a model to all examples, against the responses.
  ///
  /// - Parameters:
  ///   - answers: the model's answers.
  ///   - logLikelihood: sums over the tokens of each response.
  ///   - words: the words of token ids.
  ///   - calls: the calls of tools in token ids.
  func answerScores<Failure: Error>(
    _ answers: [[Int]], logLikelihood: [Double], words: ([Int]) throws(Failure) -> [String],
    calls: ([Int]) throws(Failure) -> [ToolCall]
  ) throws(Failure) -> AnswerScores {
    try AnswerScores(
      answers, responses, logLikelihood: logLikelihood, words: words, calls: calls)
  }

  /// The teacher's log-likelihood of each response, from its cached states, or as they were scored
  /// by another model.
  ///
  /// - Parameter decoder: the model.
  func teacherLogLikelihoods(_ decoder: Decoder) throws(TransformerError) -> [Double] {
    guard cache.rows.kind == .hidden else {
      return cache.shares.gather(cache.shares.own.map { teacherLikelihoods[$0] ?? 0 })
    }
    // Rows are in the order of spans, examples in that of their lines.
    var tokens = [Int](repeating: 0, count: cache.ownRows)
    for example in cache.shares.own {
      tokens.replaceSubrange(cache.rows(of: example), with: cache.examples[example].response)
    }
    let values = try computing { () throws(ComputeError) in
      try decoder.logLikelihoods(of: tokens, after: cache.rows.states)
    }
    return cache.shares.gather(
      cache.shares.own.map { values[cache.rows(of: $0)].reduce(0, +) })
  }
}
