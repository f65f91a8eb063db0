import CArithmetic
import CKernels

extension KernelFile {
  static let layerNorm = unsafe KernelFile(kernel_layer_norm, needs: [.lanes, .rowReductions])
}

extension Kernels {
  fileprivate static let layerNormForward = KernelEntry(
    .layerNorm, "layer_norm_forward", as: Read<Float>.self, Read<Float>.self, Read<Float>.self,
    Write<Float>.self, Write<Float>.self, Write<Float>.self, Int.self, Float.self)
  fileprivate static let layerNormBackward = KernelEntry(
    .layerNorm, "layer_norm_backward", as: Read<Float>.self, Read<Float>.self, Read<Float>.self,
    Read<Float>.self, Read<Float>.self, Write<Float>.self, Int.self, Int.self)
}

extension Device {
  /// LayerNorm of rows (Ba, Kiros and Hinton 2016, arXiv:1607.06450): y = (x - mean(x)) /
  /// sqrt(variance(x) + epsilon) * weight + bias, with the variance over E (not E - 1).
  ///
  /// - Parameters:
  ///   - x: [rows, E], read.
  ///   - weight: [E], read; its count is E.
  ///   - bias: [E], read.
  ///   - epsilon: added to the variance.
  ///   - rows: number of rows.
  ///   - y: [rows, E], written.
  ///   - mean: [rows], written: mean(x), which the gradient needs.
  ///   - scale: [rows], written: 1 / sqrt(variance(x) + epsilon), which the gradient needs.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func layerNorm(
    _ x: borrowing DeviceBuffer<Float>, weight: borrowing DeviceBuffer<Float>,
    bias: borrowing DeviceBuffer<Float>, epsilon: Float, rows: Int,
    into y: inout DeviceBuffer<Float>, mean: inout DeviceBuffer<Float>,
    scale: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let width = weight.count
    try expect("layerNorm", "x", x.count, Shape(rows, width))
    try expect("layerNorm", "bias", bias.count, Shape(width))
    try expect("layerNorm", "y", y.count, Shape(rows, width))
    try expect("layerNorm", "mean", mean.count, Shape(rows))
    try expect("layerNorm", "scale", scale.count, Shape(rows))
    switch engine {
    case .cpu(let cpu):
      let (x, weight, bias) = unsafe (x.host, weight.host, bias.host)
      let (y, mean, scale) = unsafe (y.mutableHost, mean.mutableHost, scale.mutableHost)
      cpu.forEachRange(of: rows, elementsPerRow: 2 * width) { range in
        unsafe layer_norm_forward(
          range.lowerBound, range.upperBound, width, x, weight, bias, epsilon, y, mean, scale)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.layerNorm)
      try gpu.kernel(Kernels.layerNormForward, [lanes.option, gpu.quads(width)]).run(
        groups: rows, lanes: lanes.count, x.read, weight.read, bias.read, y.write, mean.write,
        scale.write, width, epsilon)
    }
  }

  /// The gradient of `layerNorm` with respect to its input.
  ///
  /// - Parameters:
  ///   - outputGradient: [rows, E], read.
  ///   - x: [rows, E], read: the input of the forward pass.
  ///   - weight: [E], read.
  ///   - mean: [rows], read: as the forward pass wrote it.
  ///   - scale: [rows], read: as the forward pass wrote it.
  ///   - rows: number of rows.
  ///   - accumulating: adds to `inputGradient`, for the residual stream.
  ///   - inputGradient: [rows, E], written or updated.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func layerNormBackward(
    _ outputGradient: borrowing DeviceBuffer<Float>, x: borrowing DeviceBuffer<Float>,
    weight: borrowing DeviceBuffer<Float>, mean: borrowing DeviceBuffer<Float>,
    scale: borrowing DeviceBuffer<Float>, rows: Int, accumulating: Bool,
    into inputGradient: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let width = weight.count
    try expect("layerNormBackward", "outputGradient", outputGradient.count, Shape(rows, width))
    try expect("layerNormBackward", "x", x.count, Shape(rows, width))
    try expect("layerNormBackward", "mean", mean.count, Shape(rows))
    try expect("layerNormBackward", "scale", scale.count, Shape(rows))
    try expect("layerNormBackward", "inputGradient", inputGradient.count, Shape(rows, width))
    switch engine {
    case .cpu(let cpu):
      let (gradient, x, weight) = unsafe (outputGradient.host, x.host, weight.host)
      let (mean, scale, target) = unsafe (mean.host, scale.host, inputGradient.mutableHost)
      cpu.forEachRange(of: rows, elementsPerRow: 4 * width) { range in
        unsafe layer_norm_backward(
          range.lowerBound, range.upperBound, width, gradient, x, weight, mean, scale,
          accumulating, target)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.layerNorm)
      try gpu.kernel(Kernels.layerNormBackward, [lanes.option, gpu.quads(width)]).run(
        groups: rows, lanes: lanes.count, outputGradient.read, x.read, weight.read, mean.read,
        scale.read, inputGradient.write, width, accumulating ? 1 : 0)
    }
  }
}

extension Tunable {
  static let layerNorm = Tunable("layer_norm", .layerNorm, gpu: .rowLanes, cpu: .oneItem) {
    trial throws(ComputeError) in
    let (device, rows, width) = (trial.device, trial.sizes.rows, trial.sizes.hidden)
    let (x, weight, bias) = (
      try trial.floats(rows * width), try trial.floats(width), try trial.floats(width)
    )
    let (y, gradient) = (try trial.zeros(rows * width), try trial.zeros(rows * width))
    let (mean, scale) = (try trial.zeros(rows), try trial.zeros(rows))
    trial.run { () throws(ComputeError) in
      try device.layerNorm(
        x.buffer, weight: weight.buffer, bias: bias.buffer, epsilon: 1e-5, rows: rows,
        into: &y.buffer, mean: &mean.buffer, scale: &scale.buffer)
      try device.layerNormBackward(
        y.buffer, x: x.buffer, weight: weight.buffer, mean: mean.buffer, scale: scale.buffer,
        rows: rows, accumulating: false, into: &gradient.buffer)
    }
  }
}
