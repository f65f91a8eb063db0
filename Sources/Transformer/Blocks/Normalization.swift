internal import Compute

/// RMSNorm or LayerNorm with its frozen weights.
final class Normalization {
  private let kind: DecoderConfiguration.NormalizationKind
  private let epsilon: Float
  /// [E].
  private let weight: DeviceBuffer<Float>
  /// [E] for LayerNorm, zeros where it has none; one unused element for RMSNorm.
  private let bias: DeviceBuffer<Float>

  init(
    _ device: Device, configuration: DecoderConfiguration, weight: [Float], bias: [Float]?
  ) throws(ComputeError) {
    kind = configuration.normalization
    epsilon = configuration.normalizationEpsilon
    self.weight = try device.buffer(weight)
    self.bias = try device.buffer(
      bias ?? [Float](repeating: 0, count: kind == .layer ? weight.count : 1))
  }

  /// Statistics of the forward pass that the gradient needs: a scale per row, for LayerNorm also a
  /// mean.
  struct Statistics: ~Copyable {
    var scale: DeviceBuffer<Float>
    var mean: DeviceBuffer<Float>

    init(_ device: Device, rows: Int) throws(ComputeError) {
      let scale = try device.buffer(of: Float.self, count: rows)
      let mean = try device.buffer(of: Float.self, count: rows)
      self.scale = scale
      self.mean = mean
    }
  }

  /// y = norm(x) over [rows, E].
  func forward(
    _ device: Device, _ x: borrowing DeviceBuffer<Float>, rows: Int,
    into y: inout DeviceBuffer<Float>, statistics: inout Statistics
  ) throws(ComputeError) {
    switch kind {
    case .rms:
      try device.rmsNorm(
        x, weight: weight, epsilon: epsilon, rows: rows, into: &y, scale: &statistics.scale)
    case .layer:
      try device.layerNorm(
        x, weight: weight, bias: bias, epsilon: epsilon, rows: rows, into: &y,
        mean: &statistics.mean, scale: &statistics.scale)
    }
  }

  /// Computes the gradient with respect to x; adds it to `inputGradient` where `accumulating`.
  func backward(
    _ device: Device, _ outputGradient: borrowing DeviceBuffer<Float>,
    x: borrowing DeviceBuffer<Float>, statistics: borrowing Statistics, rows: Int,
    accumulating: Bool, into inputGradient: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    switch kind {
    case .rms:
      try device.rmsNormBackward(
        outputGradient, x: x, weight: weight, scale: statistics.scale, rows: rows,
        accumulating: accumulating, into: &inputGradient)
    case .layer:
      try device.layerNormBackward(
        outputGradient, x: x, weight: weight, mean: statistics.mean, scale: statistics.scale,
        rows: rows, accumulating: accumulating, into: &inputGradient)
    }
  }
}
