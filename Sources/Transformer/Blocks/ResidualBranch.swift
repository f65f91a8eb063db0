internal import Compute

/// The residual connection of a block: x + multiplier * after(block(before(x))), where either norm
/// may be missing.
final class ResidualBranch {
  private let before: Normalization?
  private let after: Normalization?
  private let multiplier: Float
  /// E.
  private let width: Int

  init(before: Normalization?, after: Normalization?, multiplier: Float, width: Int) {
    self.before = before
    self.after = after
    self.multiplier = multiplier
    self.width = width
  }

  /// Whether the block's last matrix multiplication adds to the residual directly.
  var isDirect: Bool { after == nil && multiplier == 1 }

  /// The block's input: norm(x), or x itself.
  func input(
    _ device: Device, _ x: borrowing DeviceBuffer<Float>, rows: Int,
    into normed: inout DeviceBuffer<Float>, statistics: inout Normalization.Statistics
  ) throws(ComputeError) {
    guard let before else { return try device.copy(x, into: &normed, count: rows * width) }
    try before.forward(device, x, rows: rows, into: &normed, statistics: &statistics)
  }

  /// Applies the block's last matrix and adds the result to the residual.
  ///
  /// - Parameters:
  ///   - hidden: the input of the block's last matrix.
  ///   - output: [rows, E], the block's output, which the gradient of its output norm needs; not
  ///     written where the branch is direct.
  ///   - scratch: [rows, E].
  ///   - residual: [rows, E], read.
  ///   - target: [rows, E], written.
  func add(
    _ device: Device, _ hidden: borrowing DeviceBuffer<Float>, by matrix: WeightMatrix, rows: Int,
    precision: ActivationPrecision,
    output: inout DeviceBuffer<Float>, statistics: inout Normalization.Statistics,
    scratch: inout DeviceBuffer<Float>, addingTo residual: borrowing DeviceBuffer<Float>,
    into target: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    if isDirect {
      return try device.matmul(
        hidden, matrix, rows: rows, addingTo: residual, precision: precision, into: &target)
    }
    try device.matmul(hidden, matrix, rows: rows, precision: precision, into: &output)
    try device.copy(residual, into: &target, count: rows * width)
    guard let after else {
      try device.scale(&output, by: multiplier, count: rows * width)
      return try device.add(output, to: &target, count: rows * width)
    }
    try after.forward(device, output, rows: rows, into: &scratch, statistics: &statistics)
    if multiplier != 1 { try device.scale(&scratch, by: multiplier, count: rows * width) }
    try device.add(scratch, to: &target, count: rows * width)
  }

  /// Computes the gradient of a block's output from that of the residual.
  func outputGradient(
    _ device: Device, _ residualGradient: borrowing DeviceBuffer<Float>,
    output: borrowing DeviceBuffer<Float>, statistics: borrowing Normalization.Statistics,
    rows: Int, into outputGradient: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    if let after {
      try after.backward(
        device, residualGradient, x: output, statistics: statistics, rows: rows,
        accumulating: false, into: &outputGradient)
    } else {
      try device.copy(residualGradient, into: &outputGradient, count: rows * width)
    }
    if multiplier != 1 { try device.scale(&outputGradient, by: multiplier, count: rows * width) }
  }

  /// Adds the gradient through the block's input to that of the residual.
  func addInputGradient(
    _ device: Device, _ normedGradient: borrowing DeviceBuffer<Float>,
    x: borrowing DeviceBuffer<Float>, statistics: borrowing Normalization.Statistics, rows: Int,
    addingTo gradient: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    guard let before else {
      return try device.add(normedGradient, to: &gradient, count: rows * width)
    }
    try before.backward(
      device, normedGradient, x: x, statistics: statistics, rows: rows, accumulating: true,
      into: &gradient)
  }
}
