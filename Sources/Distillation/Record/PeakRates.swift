/// The peak learning rates of a run: one of embeddings, or one of keys and one of values.
package enum PeakRates: Sendable, Equatable {
  case embeddings(Float)
  case keysValues(KeyValueRates)

  /// The peak of the schedule: the rate of values where keys have one of their own.
  var peak: Float {
    switch self {
    case .embeddings(let rate): rate
    case .keysValues(let rates): rates.values
    }
  }

  /// The peak learning rate of keys; nil for embeddings.
  var keys: Float? {
    if case .keysValues(let rates) = self { rates.keys } else { nil }
  }

  /// The rate of each tensor of the prompt over ``peak``; empty for 1.
  var factors: [Double] {
    if case .keysValues(let rates) = self { rates.factors } else { [] }
  }
}

extension PeakRates {
  /// The rate of a run whose program recorded none beside its steps: that of its last step, where
  /// it is the peak to the same bits.
  init?(_ steps: [StepRecord], _ options: TrainingOptions) {
    guard options.method == .embeddings, options.schedule == .constant,
      let last = steps.last, last.step > options.warmup
    else { return nil }
    self = .embeddings(last.learningRate)
  }

  /// The rates in words: `0.0123`, `0.01 of keys, 0.02 of values`.
  var text: String {
    func text(_ rate: Float) -> String { Decimals.significant(Double(rate), 4) }
    return switch self {
    case .embeddings(let rate): text(rate)
    case .keysValues(let rates): "\(text(rates.keys)) of keys, \(text(rates.values)) of values"
    }
  }
}

extension PeakRates: Codable {
  private enum CodingKeys: String, CodingKey {
    case rate, keys, values
  }

  /// Reads a record.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let rate = try container.decodeIfPresent(Float.self, forKey: .rate) {
      self = .embeddings(rate)
    } else {
      self = .keysValues(
        KeyValueRates(
          keys: try container.decode(Float.self, forKey: .keys),
          values: try container.decode(Float.self, forKey: .values)))
    }
  }

  /// Writes a record: `{"rate": 0.01}`, or `{"keys": 0.01, "values": 0.02}`.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .embeddings(let rate): try container.encode(rate, forKey: .rate)
    case .keysValues(let rates):
      try container.encode(rates.keys, forKey: .keys)
      try container.encode(rates.values, forKey: .values)
    }
  }
}
