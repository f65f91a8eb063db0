/// What the context tells and the learned prompt does not.
///
/// A token of a recorded response is *decided by the context* where the most likely token with the full
/// context is another one than without context. It is *forgotten* where the learned prompt has
/// another most likely token than the full context there. Both are counted under the recorded
/// response, so a token after a wrong one is judged as if those before were right. Prompts whose greedy
/// answer is the full context's, token for token, are not listed.
struct ForgottenFacts {
  /// The judged answers.
  let answers: [HeldOutAnswer]

  /// Tokens of all responses.
  var tokens: Int { answers.reduce(0) { $0 + $1.response.identifiers.count } }
  /// Those that the context decides.
  var decided: Int { answers.reduce(0) { $0 + $1.decided.count } }
  /// Those of them that are forgotten.
  var forgotten: Int { answers.reduce(0) { $0 + $1.forgotten.count } }

  /// Prompts to which the full context has another answer than none.
  var changed: [HeldOutAnswer] {
    answers.filter { $0.fullContext.identifiers != $0.noContext.identifiers }
  }

  /// Prompts with forgotten tokens and another answer than the full context's, those with the most
  /// forgotten tokens first.
  var listed: [HeldOutAnswer] {
    answers.filter { !$0.forgotten.isEmpty && !$0.isReached }.enumerated()
      .sorted { ($1.element.forgotten.count, $0.offset) < ($0.element.forgotten.count, $1.offset) }
      .map(\.element)
  }
}
