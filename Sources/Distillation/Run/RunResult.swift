import Foundation

/// The result of a distillation.
package struct RunResult: Sendable {
  /// The folder of the results.
  package var output: URL
  /// What was learned.
  package var method: TrainingOptions.Method
  /// The report, as in `metrics.json`.
  package var metrics: RunMetrics
  /// Held-out numbers of the model with nothing in place of the context; nil where nothing was held
  /// out.
  package var noContext: HeldOut?
  /// Whether the soft prompt is part of a chat template's system message.
  package var isChat: Bool
  /// Whether prompts are texts, and the adapter has a tokenizer.
  package var hasTokenizer: Bool
  /// The step whose prompt was selected.
  package var bestStep: Int
  /// Steps done.
  package var steps: Int
  /// Number of responses that the teacher generated, which are in `answers.jsonl`.
  package var teacherAnswers: Int
  /// The change of KL to the teacher, in nats per token, when the exported adapter is read back
  /// from its files and run as PEFT runs it.
  package var exportDivergence: Double
  /// Whether the folder has TensorBoard's events.
  package var hasEvents: Bool
}

/// The outcome of a run.
package enum RunOutcome: Sendable {
  /// The results are written. `isPatienceExhausted` where it ended before its last step.
  case finished(RunResult, isPatienceExhausted: Bool)
  /// The user stopped it, and this checkpoint was written.
  case interrupted(checkpoint: URL)
}
