import Foundation

/// How a distillation ended.
package struct RunResult: Sendable {
  /// Where the results are.
  package var output: URL
  /// The report, as it stands in `metrics.json`.
  package var metrics: RunMetrics
  /// Held-out numbers of the model with nothing in the context's place; nil where nothing was held out.
  package var noContext: HeldOut?
  /// Whether the soft prompt stands in a chat template's system message.
  package var isChat: Bool
  /// Whether prompts are texts, and a tokenizer goes with the adapter.
  package var hasTokenizer: Bool
  /// The step whose prompt was taken.
  package var bestStep: Int
  /// Steps done.
  package var steps: Int
  /// Responses that the teacher gave, which stand in `answers.jsonl`.
  package var teacherAnswers: Int
  /// How far the exported adapter, read back from its files and run as PEFT runs it, is from the
  /// soft prompt that was trained: the change of KL to the teacher, in nats a token.
  package var exportDivergence: Double
}

/// What a run came to.
package enum RunOutcome: Sendable {
  /// The results are written. `isPatienceExhausted` where it ended before its last step.
  case finished(RunResult, isPatienceExhausted: Bool)
  /// The user stopped it, and this checkpoint was written.
  case interrupted(checkpoint: URL)
}
