/// The peak learning rates of keys and of values.
package struct KeyValueRates: Sendable, Equatable {
  package var keys: Float
  package var values: Float

  package init(keys: Float, values: Float) {
    self.keys = keys
    self.values = values
  }

  /// The default rates of AdamW, as multiples of the root mean squares of the context's keys and
  /// values; Benchmarks/README.md has the sweeps. Starts that hold the context's content take
  /// smaller steps: larger ones lead away from them.
  package static func defaultFactors(from start: Initialization) -> KeyValueRates {
    switch start {
    case .matched, .file: KeyValueRates(keys: 0.01, values: 0.02)
    case .sampled, .first, .pooled, .vocabulary, .random, .chunks, .randomText:
      KeyValueRates(keys: 0.03, values: 0.03)
    }
  }

  /// The rates over that of values, by tensor of a prompt of keys and values.
  package var factors: [Double] { [Double(keys) / Double(values), 1] }
}

extension TrainingOptions {
  /// The peak rates for a context whose keys and values have these root mean squares.
  package func keyValueRates(scales: (keys: Float, values: Float)) -> KeyValueRates {
    let factors = KeyValueRates.defaultFactors(from: initialization)
    return KeyValueRates(
      keys: keyLearningRate ?? learningRate ?? factors.keys * scales.keys,
      values: valueLearningRate ?? learningRate ?? factors.values * scales.values)
  }
}
