internal import Inference
internal import Transformer

/// A comparison of a soft prompt with the full context and no context, on examples that training
/// did not see.
package struct Verdict: Sendable, Equatable {
  /// The model with the soft prompt.
  package var withPrompt: HeldOut
  /// The model with nothing in place of the context.
  package var withNothing: HeldOut
  /// The numbers, as in a report.
  package var validation: RunMetrics.Validation
}

extension Judge {
  /// Compares two models with the teacher, which has answered.
  ///
  /// - Parameters:
  ///   - nothing: the model with header and closing alone.
  ///   - progress: called with the examples judged so far and their number. Each pass covers all
  ///     examples, so the first number is a fraction of the second.
  func verdict(
    student: PrefixedDecoder, nothing: PrefixedDecoder,
    progress: (Int, Int) -> Void
  ) throws(TransformerError) -> Verdict {
    let count = cache.examples.count
    /// Reports the progress of pass `pass`.
    func report(_ share: Double, of pass: Int) {
      progress(Int(Double(count) * (Double(pass) + share) / Double(Self.verdictPasses)), count)
    }
    progress(0, count)
    let prompted = try scores(of: student) { report($0, of: 0) }
    let bare = try scores(of: nothing) { report($0, of: 1) }
    let exact = try exactMatches(student) { report(Double($0) / Double(max($1, 1)), of: 2) }
    let none = try exactMatches(nothing) { report(Double($0) / Double(max($1, 1)), of: 3) }
    func share(_ matches: [Bool]) -> Double {
      Double(matches.count { $0 }) / Double(max(matches.count, 1))
    }
    let validation = RunMetrics.Validation(
      kl: prompted.all.kl, klNoContext: bare.all.kl, top1Agreement: prompted.all.agreement,
      exactMatch: share(exact), exactMatchFullContext: share(teacherMatches ?? []),
      exactMatchNoContext: share(none),
      basis: .init(examples: count, responseTokens: responseTokens.reduce(0, +)),
      intervals: RunMetrics.Intervals(
        prompted, nothing: bare, tokens: responseTokens, exactMatches: exact))
    return Verdict(withPrompt: prompted.all, withNothing: bare.all, validation: validation)
  }

  /// Two comparisons of all examples, and answers of two models to them.
  private static let verdictPasses = 4
}
