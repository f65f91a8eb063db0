import Foundation

/// The rotary embedding of a model: base, number of rotated elements of a head, and scaling of the
/// frequencies for long contexts.
package struct RotaryParameters: Sendable, Equatable {
  /// The scaling of frequencies, named as in `rope_type` of Hugging Face.
  package enum Scaling: Sendable, Equatable {
    case none
    /// Positions divided by a factor (Chen et al. 2023, arXiv:2306.15595).
    case linear(factor: Double)
    /// Llama 3.1: long wavelengths divided by `factor`, short ones kept, those between blended.
    case llama3(
      factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double,
      originalPositions: Double)
    /// LongRoPE (Ding et al. 2024, arXiv:2402.13753).
    case longRope(LongRope)
    case yarn(Yarn)
  }

  /// A divisor for each frequency, from one of two lists: texts of up to `originalPositions` tokens
  /// use the short factors; a longer text uses the long ones, also for its first tokens.
  package struct LongRope: Sendable, Equatable {
    /// [dimension / 2] each.
    package var shortFactors: [Double]
    package var longFactors: [Double]
    package var originalPositions: Int
    /// Factor of cosine and sine.
    package var attentionFactor: Double

    package init(
      shortFactors: [Double], longFactors: [Double], originalPositions: Int,
      attentionFactor: Double
    ) {
      self.shortFactors = shortFactors
      self.longFactors = longFactors
      self.originalPositions = originalPositions
      self.attentionFactor = attentionFactor
    }
  }

  package var base: Double
  /// Number of rotated elements, the first of a head; even.
  package var dimension: Int
  package var scaling: Scaling

  package init(base: Double, dimension: Int, scaling: Scaling = .none) {
    self.base = base
    self.dimension = dimension
    self.scaling = scaling
  }

  /// Whether a text of `length` tokens uses the frequencies of long texts; false where there is one
  /// set.
  package func isLong(_ length: Int) -> Bool {
    guard case .longRope(let rope) = scaling else { return false }
    return length > rope.originalPositions
  }

  /// The longest text of the scaling, in tokens, where its parameters state it.
  package var positions: Int? {
    guard case .yarn(let yarn) = scaling else { return nil }
    return Int(min(yarn.factor * yarn.originalPositions, 0x1p40))
  }

  /// Factor of cosine and sine.
  package var attentionScaling: Float {
    switch scaling {
    case .longRope(let rope): Float(rope.attentionFactor)
    case .yarn(let yarn): Float(yarn.attentionFactor)
    case .none, .linear, .llama3: 1
    }
  }

  /// The angle per position of each rotated pair, [dimension / 2], rounded to Float where
  /// transformers rounds (`ROPE_INIT_FUNCTIONS`), so that both rotate by the same angles.
  package func inverseFrequencies(isLong: Bool = false) -> [Float] {
    let powers = stride(from: 0, to: dimension, by: 2).map { index -> Float in
      Float(pow(Float(base), Float(index) / Float(dimension)))
    }
    switch scaling {
    case .none:
      return powers.map { 1 / $0 }
    case .linear(let factor):
      return powers.map { 1 / $0 / Float(factor) }
    case .llama3(let factor, let low, let high, let original):
      let lowWavelength = Float(original / low)
      let highWavelength = Float(original / high)
      return powers.map { power in
        let frequency = 1 / power
        let wavelength = 2 * Float.pi / frequency
        if wavelength < highWavelength { return frequency }
        if wavelength > lowWavelength { return frequency / Float(factor) }
        let smooth = (Float(original) / wavelength - Float(low)) / Float(high - low)
        return (1 - smooth) * frequency / Float(factor) + smooth * frequency
      }
    case .longRope(let rope):
      return zip(isLong ? rope.longFactors : rope.shortFactors, powers).map {
        1 / (Float($0) * $1)
      }
    case .yarn(let yarn):
      return yarn.frequencies(powers, base: base, dimension: dimension)
    }
  }
}
