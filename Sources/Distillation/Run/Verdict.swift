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
  ///   - progress: called with the examples judged so far and their number. Each is read and answered by all three
  ///     models, which is done for all examples at once, so the first is a share of the second.
  init(
    _ judge: Judge, student: PrefixedDecoder, teacher: PrefixedDecoder, nothing: PrefixedDecoder,
    progress: (Int, Int) -> Void
  ) throws(TransformerError) {
    let count = judge.cache.examples.count
    /// Tells how much of pass `pass` is done.
    func report(_ share: Double, of pass: Int) {
      progress(Int(Double(count) * (Double(pass) + share) / Double(Self.passes)), count)
    }
    progress(0, count)
    let prompted = try judge.scores(of: student) { report($0, of: 0) }
    let bare = try judge.scores(of: nothing) { report($0, of: 1) }
    let exact = try judge.exactMatches(student) { report($0, of: 2) }
    let full = try judge.exactMatches(teacher) { report($0, of: 3) }
    let none = try judge.exactMatches(nothing) { report($0, of: 4) }
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

  /// Two comparisons of all examples, and answers of three models to them.
  private static let passes = 5
}
