/// One line of `metrics.jsonl`: the report of a step.
package struct StepRecord: Sendable, Equatable, Codable {
  /// Counted from 1.
  package var step: Int
  /// The objective, mean over the batch's response tokens, in nats.
  package var loss: Double
  /// KL(teacher || student), mean over the batch's response tokens, in nats; equal to `loss` where
  /// that is the objective, and nil for another one or a mixture.
  package var kl: Double?
  /// The learning rate of this step, of values where keys have one of their own.
  package var learningRate: Float
  /// The learning rates of keys and of values; nil where the prompt has none.
  package var keyValueRates: KeyValueRates?
  /// The L2 norm of the soft prompt's gradient before clipping.
  package var gradientNorm: Double
  /// Wall-clock time.
  package var seconds: Double

  /// A line.
  package init(
    step: Int, loss: Double, kl: Double?, learningRate: Float,
    keyValueRates: KeyValueRates? = nil, gradientNorm: Double, seconds: Double
  ) {
    self.step = step
    self.loss = loss
    self.kl = kl
    self.learningRate = learningRate
    self.keyValueRates = keyValueRates
    self.gradientNorm = gradientNorm
    self.seconds = seconds
  }

  /// Whether a line has the fields of a step.
  static func hasFields(_ names: Set<String>) -> Bool {
    let rates: Set = [CodingKeys.keyLearningRate.rawValue, CodingKeys.valueLearningRate.rawValue]
    let all = Set(CodingKeys.allCases.map(\.rawValue))
    return names == all || names == all.subtracting(rates)
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case step, loss, kl, seconds
    case learningRate = "learning_rate"
    case keyLearningRate = "learning_rate_keys"
    case valueLearningRate = "learning_rate_values"
    case gradientNorm = "gradient_norm"
  }

  /// Reads a line, also one of older programs, which have one learning rate alone.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    step = try container.decode(Int.self, forKey: .step)
    loss = try container.decode(Double.self, forKey: .loss)
    kl = try container.decodeIfPresent(Double.self, forKey: .kl)
    learningRate = try container.decode(Float.self, forKey: .learningRate)
    gradientNorm = try container.decode(Double.self, forKey: .gradientNorm)
    seconds = try container.decode(Double.self, forKey: .seconds)
    if let keys = try container.decodeIfPresent(Float.self, forKey: .keyLearningRate),
      let values = try container.decodeIfPresent(Float.self, forKey: .valueLearningRate)
    {
      keyValueRates = KeyValueRates(keys: keys, values: values)
    }
  }

  /// Writes every field, those of keys and values where there are some; an absent divergence as null.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(step, forKey: .step)
    try container.encode(loss, forKey: .loss)
    try container.encode(kl, forKey: .kl)
    try container.encode(learningRate, forKey: .learningRate)
    try container.encodeIfPresent(keyValueRates?.keys, forKey: .keyLearningRate)
    try container.encodeIfPresent(keyValueRates?.values, forKey: .valueLearningRate)
    try container.encode(gradientNorm, forKey: .gradientNorm)
    try container.encode(seconds, forKey: .seconds)
  }
}
