/// The greedy answers of three models to the held-out examples, and where their predictions under
/// the recorded responses agree with the full context's.
struct VerdictAnswers: Sendable, Equatable {
  /// A model's answers and predictions, by example.
  struct Side: Sendable, Equatable {
    /// The answer to each example.
    var answers: [[Int]]
    /// KL(teacher || model) of each example, summed over the response's tokens.
    var kl: [Double]
    /// For each token of each response, whether the most likely token is the teacher's.
    var agreements: [[Bool]]
  }

  /// The prompts.
  var prompts: [[Int]]
  /// The recorded responses, up to their first stop token.
  var responses: [[Int]]
  /// The full context's answers.
  var fullContext: [[Int]]
  /// With the learned prompt.
  var learnedPrompt: Side
  /// With nothing in place of the context.
  var noContext: Side

  /// The lines of `heldout_answers.jsonl`.
  ///
  /// - Parameter text: the text of token ids.
  func records(
    text: ([Int]) throws(DistillationError) -> String
  ) throws(DistillationError) -> [HeldOutAnswer] {
    func tokens(_ identifiers: [Int]) throws(DistillationError) -> HeldOutAnswer.Tokens {
      try HeldOutAnswer.Tokens(identifiers, text: text)
    }
    let shared = Self.sharedEnds(prompts)
    return try prompts.indices.map { (index) throws(DistillationError) in
      let response = responses[index]
      let (own, bare) = (learnedPrompt.agreements[index], noContext.agreements[index])
      let decided = response.indices.filter { !bare[$0] }
      let prompt = prompts[index].dropFirst(shared.first).dropLast(shared.last)
      return HeldOutAnswer(
        prompt: try text(Array(prompt)), response: try tokens(response),
        fullContext: try tokens(fullContext[index]),
        learnedPrompt: try tokens(learnedPrompt.answers[index]),
        noContext: try tokens(noContext.answers[index]),
        kl: [learnedPrompt.kl[index]].meanDivergence(tokens: Double(max(own.count, 1))),
        decided: decided,
        forgotten: decided.filter { !own[$0] })
    }
  }

  /// The number of tokens with which all prompts begin and end: a chat template's, which say
  /// nothing about one of them. None where a prompt consists of them alone.
  private static func sharedEnds(_ prompts: [[Int]]) -> (first: Int, last: Int) {
    guard let one = prompts.first, prompts.count > 1 else { return (0, 0) }
    let first = one.indices.first { index in
      prompts.contains { $0.count <= index || $0[index] != one[index] }
    }
    let last = one.indices.first { index in
      prompts.contains {
        $0.count <= index || $0[$0.count - 1 - index] != one[one.count - 1 - index]
      }
    }
    guard let first, let last, prompts.allSatisfy({ $0.count > first + last }) else {
      return (0, 0)
    }
    return (first, last)
  }
}
