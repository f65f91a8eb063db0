import Foundation

extension RotaryParameters {
  /// YaRN (Peng et al. 2023, arXiv:2309.00071): frequencies with many rotations within the original
  /// length are kept, those with few are divided by `factor`, those between blended.
  package struct Yarn: Sendable, Equatable {
    package var factor: Double
    /// The longest text of the training.
    package var originalPositions: Double
    /// Rotations within the original length above which a frequency is kept (fast) and below which
    /// it is divided (slow).
    package var fastRotations: Double
    package var slowRotations: Double
    /// Whether the bounds of the blend are widened to whole pairs.
    package var truncates: Bool
    /// Factor of cosine and sine.
    package var attentionFactor: Double

    package init(
      factor: Double, originalPositions: Double, fastRotations: Double = 32,
      slowRotations: Double = 1,
      truncates: Bool = true, attentionFactor: Double
    ) {
      self.factor = factor
      self.originalPositions = originalPositions
      self.fastRotations = fastRotations
      self.slowRotations = slowRotations
      self.truncates = truncates
      self.attentionFactor = attentionFactor
    }

    /// The frequencies of pairs whose base has these powers: [dimension / 2].
    func frequencies(_ powers: [Float], base: Double, dimension: Int) -> [Float] {
      /// The pair, as a real number, with this many rotations within the original length.
      func pair(withRotations rotations: Double) -> Double {
        Double(dimension) * log(originalPositions / (rotations * 2 * .pi)) / (2 * log(base))
      }
      var (low, high) = (pair(withRotations: fastRotations), pair(withRotations: slowRotations))
      if truncates { (low, high) = (low.rounded(.down), high.rounded(.up)) }
      low = max(low, 0)
      high = min(high, Double(dimension - 1))
      if low == high { high += 0.001 }
      return powers.enumerated().map { index, power in
        let ramp = (Float(index) - Float(low)) / Float(high - low)
        let kept = 1 - min(max(ramp, 0), 1)
        return 1 / (Float(factor) * power) * (1 - kept) + 1 / power * kept
      }
    }
  }
}
