#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Cosine and sine tables of RoPE (Su et al. 2021, arXiv:2104.09864) on a device, for every
/// position up to a limit.
package final class RotaryTable {
  /// Positions 0 ..< this have a row.
  package let positions: Int
  /// Elements of a head that are rotated; 0 for models with learned positions.
  package let rotaryDimension: Int
  /// [positions, rotaryDimension / 2]
  let cosine: DeviceBuffer<Float>
  /// [positions, rotaryDimension / 2]
  let sine: DeviceBuffer<Float>

  /// Works out the table on the host: angle = position * inverse frequency in Double, rounded to
  /// Float after cosine and sine.
  ///
  /// - Parameters:
  ///   - device: the device.
  ///   - inverseFrequencies: [rotaryDimension / 2], as the model's configuration gives them (Float,
  ///     as Hugging Face's transformers computes and keeps them); empty for no rotation.
  ///   - attentionScaling: multiplies cosine and sine (transformers' `attention_scaling`).
  ///   - positions: number of positions.
  /// - Throws: allocation and driver errors.
  package init(
    _ device: Device, inverseFrequencies: [Float], attentionScaling: Float = 1, positions: Int
  ) throws(ComputeError) {
    self.positions = positions
    rotaryDimension = 2 * inverseFrequencies.count
    var cosines: [Float] = []
    var sines: [Float] = []
    cosines.reserveCapacity(positions * inverseFrequencies.count)
    sines.reserveCapacity(positions * inverseFrequencies.count)
    let scaling = Double(attentionScaling)
    for position in 0..<positions {
      for frequency in inverseFrequencies {
        let angle = Double(position) * Double(frequency)
        cosines.append(Float(cos(angle) * scaling))
        sines.append(Float(sin(angle) * scaling))
      }
    }
    cosine = try device.buffer(cosines)
    sine = try device.buffer(sines)
  }
}
