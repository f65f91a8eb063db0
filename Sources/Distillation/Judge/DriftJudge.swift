import HuggingFace
internal import Inference
internal import Ranks
internal import Transformer

/// Measures drift: how far a model with something in place of the context is from the bare model,
/// on prompts that have nothing to do with the context.
///
/// The bare model has nothing in the context's place. Its greedy answers are the tokens on which
/// the models are compared, where a prompt has no response of its own.
final class DriftJudge {
  /// The bare model's states after the prompts.
  private let judge: Judge
  /// The drift of the model with the full context.
  private let withContext: ExampleScores

  /// Lets the bare model answer, and compares the teacher with it.
  ///
  /// - Parameters:
  ///   - prompts: the unrelated prompts, at least one.
  ///   - bare: the model with nothing in place of the context.
  ///   - teacher: the model with the full context.
  ///   - stopIdentifiers: tokens after which an answer ends.
  ///   - ranks: the ranks that share out the prompts.
  ///   - progress: called with the prompts done so far.
  init(
    _ prompts: [InputExample], bare: PrefixedDecoder, teacher: PrefixedDecoder,
    stopIdentifiers: Set<Int>, sharedBy ranks: Ranks = .one, progress: (Int) -> Void
  ) throws(TransformerError) {
    progress(0)
    let open = prompts.filter { $0.response == nil }
    var answers = try bare.generate(
      open.map(\.prompt),
      options: GenerationOptions(
        maximumTokens: UnrelatedPrompts.answerTokens, stopIdentifiers: stopIdentifiers),
      sharedBy: ranks
    ) { progress(prompts.count / 2 * $0 / max($1, 1)) }
    .makeIterator()
    let examples = prompts.map { prompt in
      Example(prompt: prompt.prompt, response: prompt.response ?? answers.next() ?? [])
    }
    judge = try Judge.scoring(examples, by: bare, sharedBy: ranks)
    withContext = try judge.scores(of: teacher) { share in
      progress(prompts.count / 2 + Int(Double(prompts.count - prompts.count / 2) * share))
    }
  }

  /// The drift of the model with a soft prompt, beside that of the full context.
  func drift(
    of student: PrefixedDecoder, progress: (Double) -> Void = { _ in }
  ) throws(TransformerError) -> RunMetrics.Drift {
    let found = try judge.scores(of: student, progress: progress)
    return RunMetrics.Drift(found, withContext: withContext, tokens: judge.responseTokens)
  }
}
