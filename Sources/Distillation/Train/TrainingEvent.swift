/// An event of a training.
package enum TrainingEvent: Sendable {
  /// Steps were done; `seconds` is the time of each.
  case steps([StepReport], seconds: Double)
  /// The student has answered prompts, and the teacher has scored the answers.
  case refreshed(RolloutRefresh)
  /// The prompt after `step` steps was compared with the teacher on the held-out examples.
  case evaluated(step: Int, HeldOut, isBest: Bool)
}

/// The outcome of a training.
package enum TrainingOutcome: Sendable, Equatable {
  case finished
  /// The patience ended: too many evaluations without a lower held-out loss.
  case outOfPatience
  /// The user stopped it; the state is that after the last step.
  case interrupted
  /// The loss of a step is not a finite number; the state's prompt is the last good one.
  case lossNotFinite(step: Int)
}
