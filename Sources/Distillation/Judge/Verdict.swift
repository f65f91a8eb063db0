import HuggingFace
internal import Inference
internal import Transformer

/// A comparison of a soft prompt with the full context and no context, on examples that training
/// did not see. Of a context that is read in several spans, the full context of an example is its
/// span.
package struct Verdict: Sendable, Equatable {
  /// The model with the soft prompt.
  package var withPrompt: HeldOut
  /// The model with nothing in place of the context.
  package var withNothing: HeldOut
  /// The numbers, as in a report.
  package var validation: RunMetrics.Validation
  /// The answers that the measures are taken from.
  var answers: VerdictAnswers
}

extension Judge {
  /// Compares two models with the teacher, which has answered. Each model answers once, and all
  /// measures of answers are taken from that.
  ///
  /// - Parameters:
  ///   - nothing: the model with header and closing alone.
  ///   - words: the words of token ids.
  ///   - calls: the calls of tools in token ids.
  ///   - windows: the comparisons of ``windowScores(_:_:capacity:progress:)``.
  ///   - progress: called with the examples judged so far and their number. Each pass covers all
  ///     examples, so the first number is a fraction of the second.
  func verdict(
    student: PrefixedDecoder, nothing: PrefixedDecoder,
    words: ([Int]) throws(DistillationError) -> [String],
    calls: ([Int]) throws(DistillationError) -> [ToolCall] = { _ in [] },
    windows: WindowScores? = nil,
    progress: (Int, Int) -> Void
  ) throws(DistillationError) -> Verdict {
    let count = cache.examples.count
    /// Reports the progress of pass `pass`.
    func report(_ share: Double, of pass: Int) {
      progress(Int(Double(count) * (Double(pass) + share) / Double(Self.verdictPasses)), count)
    }
    progress(0, count)
    var passes = 0
    /// The scores and answers of a model.
    func judged(
      _ model: PrefixedDecoder
    ) throws(DistillationError) -> (ExampleScores, AnswerScores, VerdictAnswers.Side) {
      let pass = passes
      passes += 2
      let (found, answers) = try distilling {
        () throws(TransformerError) -> (ExampleScores, [[Int]]) in
        let found = try scores(of: model, withLikelihoods: true) { report($0, of: pass) }
        let answers = try greedyAnswers(of: model) {
          report(Double($0) / Double(max($1, 1)), of: pass + 1)
        }
        return (found, answers)
      }
      let likelihood = found.logLikelihood ?? []
      return (
        found, try answerScores(answers, logLikelihood: likelihood, words: words, calls: calls),
        VerdictAnswers.Side(answers: answers, kl: found.kl, agreements: found.agreements)
      )
    }
    let (prompted, exact, learnedPrompt) = try judged(student)
    let (bare, none, noContext) = try judged(nothing)
    let full = try answerScores(
      teacherAnswers ?? [],
      logLikelihood: try distilling { () throws(TransformerError) in
        try teacherLogLikelihoods(student.decoder)
      }, words: words, calls: calls)
    let tokens = responseTokens
    let (own, without, context) = (
      exact.means(tokens: tokens), none.means(tokens: tokens), full.means(tokens: tokens)
    )
    func sides(_ first: Double, _ second: Double, _ third: Double) -> RunMetrics.Sides {
      RunMetrics.Sides(prompt: first, noContext: second, fullContext: third)
    }
    var validation = RunMetrics.Validation(
      kl: prompted.all.kl, klNoContext: bare.all.kl, top1Agreement: prompted.all.agreement,
      top1AgreementNoContext: bare.all.agreement, exactMatch: own.exact,
      exactMatchFullContext: context.exact,
      exactMatchNoContext: without.exact,
      answers: .init(
        prefixShare: sides(own.prefixShare, without.prefixShare, context.prefixShare),
        rougeL: sides(own.rougeL, without.rougeL, context.rougeL),
        logLikelihood: sides(own.logLikelihood, without.logLikelihood, context.logLikelihood)),
      basis: .init(examples: count, responseTokens: tokens.reduce(0, +)),
      intervals: RunMetrics.Intervals(prompted, nothing: bare, tokens: tokens, answers: exact),
      windows: windows.flatMap { comparison(prompted, nothing: bare, $0) })
    validation.toolCalls = .init(prompt: exact, noContext: none, fullContext: full)
    return Verdict(
      withPrompt: prompted.all, withNothing: bare.all, validation: validation,
      answers: VerdictAnswers(
        prompts: cache.examples.map(\.prompt), responses: responses,
        fullContext: teacherAnswers ?? responses, learnedPrompt: learnedPrompt,
        noContext: noContext))
  }

  /// Two comparisons of all examples, and answers of two models to them.
  private static let verdictPasses = 4
}
