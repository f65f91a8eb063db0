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
  ///   - progress: called with the answers given so far and their total.
  init(
    _ judge: Judge, student: PrefixedDecoder, teacher: PrefixedDecoder, nothing: PrefixedDecoder,
    progress: (Int, Int) -> Void
  ) throws(TransformerError) {
    withPrompt = try judge.compare(student)
    withNothing = try judge.compare(nothing)
    let count = judge.cache.examples.count
    exactMatch = try judge.exactMatch(student) { progress($0, 3 * count) }
    exactMatchFullContext = try judge.exactMatch(teacher) { progress(count + $0, 3 * count) }
    exactMatchNoContext = try judge.exactMatch(nothing) { progress(2 * count + $0, 3 * count) }
  }
}
