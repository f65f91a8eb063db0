/// The report of one training step.
package struct StepReport: Sendable, Equatable {
  /// From 1.
  package var step: Int
  /// Mean of the objective over the batch's response tokens, in nats.
  package var loss: Double
  /// L2 norm of the soft prompt's gradient before clipping.
  package var gradientNorm: Double
  /// The learning rate of the step.
  package var learningRate: Float
  /// Response tokens of the batch.
  package var responseTokens: Int
  /// Input tokens of the batch, without those of the prefix.
  package var inputTokens: Int
  /// Examples of the batch whose answer is the student's own.
  package var rollouts: Int
}
