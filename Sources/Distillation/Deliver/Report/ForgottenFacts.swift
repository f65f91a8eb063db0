/// What the context tells and the learned prompt does not.
///
/// A token of a recorded response is *decided by the context* where the most likely token with the
/// full context is another one than without context. It is *forgotten* where the learned prompt has
/// another most likely token than the full context there. Both are counted under the recorded
/// response, so a token after a wrong one is judged as if those before were right. Prompts whose
/// greedy answer is the full context's, token for token, are not listed.
struct ForgottenFacts {
  /// The judged answers of a run with a context.
  let answers: [HeldOutAnswer]

  /// Of these answers those that are compared with a context.
  init(answers: [HeldOutAnswer]) { self.answers = answers.filter { $0.fullContext != nil } }

  /// Tokens of all responses.
  var tokens: Int { answers.reduce(0) { $0 + $1.response.identifiers.count } }
  /// Those that the context decides.
  var decided: Int { answers.reduce(0) { $0 + ($1.decided?.count ?? 0) } }
  /// Those of them that are forgotten.
  var forgotten: Int { answers.reduce(0) { $0 + ($1.forgotten?.count ?? 0) } }

  /// Prompts to which the full context has another answer than none.
  var changed: [HeldOutAnswer] {
    answers.filter { $0.reference.identifiers != $0.noContext.identifiers }
  }

  /// Prompts with forgotten tokens and another answer than the full context's, those with the most
  /// forgotten tokens first.
  var listed: [HeldOutAnswer] {
    func count(_ answer: HeldOutAnswer) -> Int { answer.forgotten?.count ?? 0 }
    return answers.filter { count($0) > 0 && !$0.isReached }.enumerated()
      .sorted { (count($1.element), $0.offset) < (count($0.element), $1.offset) }
      .map(\.element)
  }
}
