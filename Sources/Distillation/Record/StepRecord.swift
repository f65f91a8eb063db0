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
  /// Examples whose answer is the student's own, and the tokens of the step; nil in trainings on
  /// recorded answers alone.
  package var rollouts: Int?
  package var tokens: Int?

  /// A line.
  package init(
    step: Int, loss: Double, kl: Double?, learningRate: Float,
    keyValueRates: KeyValueRates? = nil, gradientNorm: Double, seconds: Double,
    rollouts: Int? = nil, tokens: Int? = nil
  ) {
    self.step = step
    self.loss = loss
    self.kl = kl
    self.learningRate = learningRate
    self.keyValueRates = keyValueRates
    self.gradientNorm = gradientNorm
    self.seconds = seconds
    self.rollouts = rollouts
    self.tokens = tokens
  }

  /// Whether a line has the fields of a step.
  static func hasFields(_ names: Set<String>) -> Bool {
    let rates: Set = [CodingKeys.keyLearningRate.rawValue, CodingKeys.valueLearningRate.rawValue]
    let rollouts: Set = [CodingKeys.rollouts.rawValue, CodingKeys.tokens.rawValue]
    let all = Set(CodingKeys.allCases.map(\.rawValue))
    return [rates, rollouts].allSatisfy { [0, $0.count].contains(names.intersection($0).count) }
      && names.union(rates).union(rollouts) == all
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case step, loss, kl, seconds, rollouts, tokens
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
    rollouts = try container.decodeIfPresent(Int.self, forKey: .rollouts)
    tokens = try container.decodeIfPresent(Int.self, forKey: .tokens)
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
    try container.encodeIfPresent(rollouts, forKey: .rollouts)
    try container.encodeIfPresent(tokens, forKey: .tokens)
  }
}
