internal import Transformer

/// How a soft prompt compares with the full context and with none, on examples that training did not
/// see.
package struct Verdict: Sendable, Equatable {
  /// The model with the soft prompt.
  package var withPrompt: HeldOut
  /// The model with nothing in the context's place.
  package var withNothing: HeldOut
  /// The share of examples that the model with the soft prompt answers, greedily, exactly as recorded.
  package var exactMatch: Double
  /// The same of the model with the full context.
  package var exactMatchFullContext: Double
  /// The same of the model with nothing in the context's place.
  package var exactMatchNoContext: Double

  /// The numbers as a report states them.
  package var validation: RunMetrics.Validation {
    RunMetrics.Validation(
      kl: withPrompt.kl, klNoContext: withNothing.kl, top1Agreement: withPrompt.agreement,
      exactMatch: exactMatch, exactMatchFullContext: exactMatchFullContext,
      exactMatchNoContext: exactMatchNoContext)
  }

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
    withPrompt = try judge.compare(student) { report($0, of: 0) }
    withNothing = try judge.compare(nothing) { report($0, of: 1) }
    exactMatch = try judge.exactMatch(student) { report($0, of: 2) }
    exactMatchFullContext = try judge.exactMatch(teacher) { report($0, of: 3) }
    exactMatchNoContext = try judge.exactMatch(nothing) { report($0, of: 4) }
  }

  /// Two comparisons of all examples, and answers of three models to them.
  private static let passes = 5
}
