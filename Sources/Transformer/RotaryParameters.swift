import Foundation

/// The rotary embedding of a model: base, how many elements of a head rotate, and how the frequencies are scaled for long
/// contexts.
package struct RotaryParameters: Sendable, Equatable {
  /// How frequencies are scaled, named as Hugging Face names it in `rope_type`.
  package enum Scaling: Sendable, Equatable {
    case none
    /// Positions divided by a factor (Chen et al. 2023, arXiv:2306.15595).
    case linear(factor: Double)
    /// Llama 3.1: long wavelengths divided by `factor`, short ones kept, those between blended.
    case llama3(
      factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double,
      originalPositions: Double)
  }

  package var base: Double
  /// Elements of a head that rotate, from the first on; even.
  package var dimension: Int
  package var scaling: Scaling

  package init(base: Double, dimension: Int, scaling: Scaling = .none) {
    self.base = base
    self.dimension = dimension
    self.scaling = scaling
  }

  /// The angle per position of each rotating pair, [dimension / 2], rounded to Float where transformers rounds
  /// (`ROPE_INIT_FUNCTIONS`), so that both turn by the same angles.
  package var inverseFrequencies: [Float] {
    let plain = stride(from: 0, to: dimension, by: 2).map { index -> Float in
      let exponent = Float(index) / Float(dimension)
      return 1 / Float(pow(Float(base), exponent))
    }
    switch scaling {
    case .none:
      return plain
    case .linear(let factor):
      return plain.map { $0 / Float(factor) }
    case .llama3(let factor, let low, let high, let original):
      let lowWavelength = Float(original / low)
      let highWavelength = Float(original / high)
      return plain.map { frequency in
        let wavelength = 2 * Float.pi / frequency
        if wavelength < highWavelength { return frequency }
        if wavelength > lowWavelength { return frequency / Float(factor) }
        let smooth = (Float(original) / wavelength - Float(low)) / Float(high - low)
        return (1 - smooth) * frequency / Float(factor) + smooth * frequency
      }
    }
  }
}
