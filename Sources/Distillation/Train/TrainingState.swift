package import Inference

/// The state of a training: with the optimizer's state on the host, everything that an exact resume
/// needs.
package struct TrainingState: Sendable, Equatable {
  /// Steps done.
  package var step = 0
  package var prompt: LearnedPrompt
  package var moments: OptimizerMoments
  /// The prompt with the lowest held-out loss so far; the latest where nothing is held out.
  package var bestPrompt: LearnedPrompt
  package var bestStep = 0
  /// Held-out numbers of `bestPrompt`; nil before the first evaluation.
  package var best: HeldOut?
  /// Evaluations since the best one.
  package var evaluationsSinceBest = 0

  /// The state before the first step.
  package init(prompt: LearnedPrompt) {
    self.prompt = prompt
    moments = OptimizerMoments(count: prompt.values.count)
    bestPrompt = prompt
  }
}
