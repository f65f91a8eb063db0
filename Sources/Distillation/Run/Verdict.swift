internal import Transformer

/// How a soft prompt compares with the full context and with none, on examples that training did not
/// see.
package struct Verdict: Sendable, Equatable {
  /// The model with the soft prompt.
  package var withPrompt: HeldOut
  /// The model with nothing in the context's place.
  package var withNothing: HeldOut
  /// The numbers as a report states them.
  package var validation: RunMetrics.Validation

  /// Compares three models with the teacher.
  ///
  /// - Parameters:
  ///   - nothing: the model with header and closing alone.
  ///   - progress: called with the answers given so far and their total.
  init(
    _ judge: Judge, student: PrefixedDecoder, teacher: PrefixedDecoder, nothing: PrefixedDecoder,
    progress: (Int, Int) -> Void
  ) throws(TransformerError) {
    let prompted = try judge.scores(of: student)
    let bare = try judge.scores(of: nothing)
    let count = judge.cache.examples.count
    let exact = try judge.exactMatches(student) { progress($0, 3 * count) }
    let full = try judge.exactMatches(teacher) { progress(count + $0, 3 * count) }
    let none = try judge.exactMatches(nothing) { progress(2 * count + $0, 3 * count) }
    func share(_ matches: [Bool]) -> Double {
      Double(matches.count { $0 }) / Double(max(matches.count, 1))
    }
    withPrompt = prompted.all
    withNothing = bare.all
    validation = RunMetrics.Validation(
      kl: withPrompt.kl, klNoContext: withNothing.kl, top1Agreement: withPrompt.agreement,
      exactMatch: share(exact), exactMatchFullContext: share(full),
      exactMatchNoContext: share(none),
      basis: .init(examples: count, responseTokens: judge.responseTokens.reduce(0, +)),
      intervals: RunMetrics.Intervals(
        prompted, nothing: bare, tokens: judge.responseTokens, exactMatches: exact))
  }
}
