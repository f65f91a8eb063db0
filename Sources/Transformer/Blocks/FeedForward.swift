internal import Compute

/// The feed-forward block: down(activation(gate x) * up x), or down(activation(up x)).
final class FeedForward {
  private let kind: DecoderConfiguration.FeedForwardKind
  /// Gate and up in one matrix, [2F, E]; or up alone, [F, E].
  private let up: WeightMatrix
  /// [E, F]: the last matrix, which the residual branch multiplies.
  let down: WeightMatrix
  private let width: Int

  init(configuration: DecoderConfiguration, up: WeightMatrix, down: WeightMatrix) {
    kind = configuration.feedForward
    width = configuration.feedForwardSize
    self.up = up
    self.down = down
  }

  /// Elements per row before the activation: 2F or F.
  static func inputWidth(_ configuration: DecoderConfiguration) -> Int {
    switch configuration.feedForward {
    case .gated: 2 * configuration.feedForwardSize
    case .plain: configuration.feedForwardSize
    }
  }

  /// The block without its last matrix multiplication.
  ///
  /// - Parameters:
  ///   - normed: [rows, E], read.
  ///   - preactivation: [rows, 2F or F], written for the backward pass.
  ///   - hidden: [rows, F], written: the input of `down`.
  func forward(
    _ device: Device, _ normed: borrowing DeviceBuffer<Float>, rows: Int,
    precision: ActivationPrecision,
    preactivation: inout DeviceBuffer<Float>, hidden: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try device.matmul(normed, up, rows: rows, precision: precision, into: &preactivation)
    switch kind {
    case .gated(let activation):
      try device.swiGLU(
        preactivation, activation: activation, rows: rows, width: width, into: &hidden)
    case .plain(let activation):
      try device.activate(preactivation, activation: activation, count: rows * width, into: &hidden)
    }
  }

  /// The gradient with respect to `normed` from that of the block's output.
  ///
  /// - Parameters:
  ///   - outputGradient: [rows, E], read.
  ///   - preactivation: [rows, 2F or F], read and overwritten by its gradient.
  ///   - hiddenGradient: [rows, F], scratch.
  ///   - normedGradient: [rows, E], written.
  func backward(
    _ device: Device, _ outputGradient: borrowing DeviceBuffer<Float>,
    preactivation: inout DeviceBuffer<Float>, rows: Int, precision: ActivationPrecision,
    hiddenGradient: inout DeviceBuffer<Float>,
    into normedGradient: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try device.matmulBackward(
      outputGradient, down, rows: rows, precision: precision, into: &hiddenGradient)
    switch kind {
    case .gated(let activation):
      try device.swiGLUBackward(
        hiddenGradient, activation: activation, rows: rows, width: width, in: &preactivation)
    case .plain(let activation):
      try device.activateBackward(
        hiddenGradient, activation: activation, count: rows * width, in: &preactivation)
    }
    try device.matmulBackward(
      preactivation, up, rows: rows, precision: precision, into: &normedGradient)
  }
}
