import HuggingFace

/// The end of a greedy answer that is compared with a recorded response.
package struct AnswerLimits: Sendable, Equatable {
  /// Tokens after which an answer ends; they are part of it.
  package var stopIdentifiers: Set<Int>
  /// The most tokens of an answer to a response that ends with one of them. An answer to another
  /// response is as long as that: it was cut, or has no end.
  package var tokens: Int

  /// Limits; by default an answer is as long as the response.
  package init(stopIdentifiers: Set<Int> = [], tokens: Int = 0) {
    self.stopIdentifiers = stopIdentifiers
    self.tokens = tokens
  }

  /// A response up to its first stop token, with which an answer would end.
  func reference(_ response: [Int]) -> [Int] {
    guard let end = response.firstIndex(where: stopIdentifiers.contains) else { return response }
    return Array(response[...end])
  }

  /// The most tokens of the answer that is compared with a response.
  func limit(_ response: [Int]) -> Int {
    let reference = reference(response)
    let isEnded = reference.last.map(stopIdentifiers.contains) ?? false
    return isEnded ? max(reference.count, tokens) : reference.count
  }
}

/// Greedy answers of one model against the recorded responses, by example, and the likelihood that
/// the model gives to these responses.
package struct AnswerScores: Sendable, Equatable {
  /// Whether the answer is the response, token for token.
  package var isExact: [Bool] = []
  /// The share of the response's tokens before the first one that the answer has not.
  package var prefixShare: [Double] = []
  /// ``RougeL`` of the answer with the response as reference.
  package var rougeL: [Double] = []
  /// Sum over the response's tokens of their log-likelihood, in nats.
  package var logLikelihood: [Double] = []
  /// Calls of tools in the response.
  package var recordedCalls: [Int] = []
  /// Those of them that the answer makes too, with the same name and arguments.
  package var exactCalls: [Int] = []

  /// Compares answers with responses.
  ///
  /// - Parameters:
  ///   - answers: token ids, up to their end.
  ///   - responses: the recorded ones, up to their first stop token.
  ///   - logLikelihood: the sum of each response.
  ///   - words: the words of token ids.
  ///   - calls: the calls of tools in token ids.
  init<Failure: Error>(
    _ answers: [[Int]], _ responses: [[Int]], logLikelihood: [Double],
    words: ([Int]) throws(Failure) -> [String],
    calls: ([Int]) throws(Failure) -> [ToolCall]
  ) throws(Failure) {
    self.logLikelihood = logLikelihood
    for (answer, response) in zip(answers, responses) {
      isExact.append(answer == response)
      let same = zip(answer, response).prefix { $0 == $1 }.count
      prefixShare.append(response.isEmpty ? 1 : Double(same) / Double(response.count))
      rougeL.append(RougeL.f1(try words(answer), try words(response)))
      let recorded = try calls(response)
      recordedCalls.append(recorded.count)
      exactCalls.append(
        recorded.isEmpty ? 0 : ToolCall.matches(of: recorded, in: try calls(answer)))
    }
  }

  /// The shares over all examples, and the log-likelihood per response token.
  ///
  /// - Parameter tokens: response tokens of each example.
  func means(tokens: [Int]) -> (
    exact: Double, prefixShare: Double, rougeL: Double, logLikelihood: Double
  ) {
    let count = Double(max(isExact.count, 1))
    return (
      Double(isExact.count { $0 }) / count, prefixShare.reduce(0, +) / count,
      rougeL.reduce(0, +) / count,
      logLikelihood.reduce(0, +) / Double(max(tokens.reduce(0, +), 1))
    )
  }
}
