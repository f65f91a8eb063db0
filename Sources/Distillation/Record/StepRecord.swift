/// One line of `metrics.jsonl`: the report of a step.
package struct StepRecord: Sendable, Equatable, Codable {
  /// Counted from 1.
  package var step: Int
  /// The objective, mean over the batch's response tokens, in nats.
  package var loss: Double
  /// KL(teacher || student), mean over the batch's response tokens, in nats; equal to `loss` where
  /// that is the objective, and nil for another objective.
  package var kl: Double?
  /// The learning rate of this step.
  package var learningRate: Float
  /// The L2 norm of the soft prompt's gradient before clipping.
  package var gradientNorm: Double
  /// Wall-clock time.
  package var seconds: Double

  /// A line.
  package init(
    step: Int, loss: Double, kl: Double?, learningRate: Float, gradientNorm: Double,
    seconds: Double
  ) {
    self.step = step
    self.loss = loss
    self.kl = kl
    self.learningRate = learningRate
    self.gradientNorm = gradientNorm
    self.seconds = seconds
  }

  /// The names of a line's fields.
  static var names: Set<String> { Set(CodingKeys.allCases.map(\.rawValue)) }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case step, loss, kl, seconds
    case learningRate = "learning_rate"
    case gradientNorm = "gradient_norm"
  }

  /// Writes every field; an absent divergence as null.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(step, forKey: .step)
    try container.encode(loss, forKey: .loss)
    try container.encode(kl, forKey: .kl)
    try container.encode(learningRate, forKey: .learningRate)
    try container.encode(gradientNorm, forKey: .gradientNorm)
    try container.encode(seconds, forKey: .seconds)
  }
}
