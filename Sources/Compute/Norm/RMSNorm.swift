import CArithmetic
import CKernels

extension KernelFile {
  static let rmsNorm = unsafe KernelFile(kernel_rms_norm, needs: [.lanes, .rowReductions])
}

extension Kernels {
  fileprivate static let rmsNormForward = KernelEntry(
    .rmsNorm, "rms_norm_forward", as: Read<Float>.self, Read<Float>.self, Write<Float>.self,
    Write<Float>.self, Int.self, Float.self)
  fileprivate static let rmsNormBackward = KernelEntry(
    .rmsNorm, "rms_norm_backward", as: Read<Float>.self, Read<Float>.self, Read<Float>.self,
    Read<Float>.self, Write<Float>.self, Int.self, Int.self)
}

extension Device {
  /// RMSNorm of rows (Zhang and Sennrich 2019, arXiv:1910.07467): y = x / sqrt(mean(x^2) + epsilon)
  /// * weight.
  ///
  /// - Parameters:
  ///   - x: [rows, E], read.
  ///   - weight: [E], read; its count is E.
  ///   - epsilon: added to the mean square.
  ///   - rows: number of rows.
  ///   - y: [rows, E], written.
  ///   - scale: [rows], written: 1 / sqrt(mean(x^2) + epsilon), which the gradient needs.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func rmsNorm(
    _ x: borrowing DeviceBuffer<Float>, weight: borrowing DeviceBuffer<Float>, epsilon: Float,
    rows: Int, into y: inout DeviceBuffer<Float>, scale: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let width = weight.count
    try expect("rmsNorm", "x", x.count, Shape(rows, width))
    try expect("rmsNorm", "y", y.count, Shape(rows, width))
    try expect("rmsNorm", "scale", scale.count, Shape(rows))
    switch engine {
    case .cpu(let cpu):
      let (x, weight) = unsafe (x.host, weight.host)
      let (y, scale) = unsafe (y.mutableHost, scale.mutableHost)
      cpu.forEachRange(of: rows, elementsPerRow: 2 * width) { range in
        unsafe rms_norm_forward(
          range.lowerBound, range.upperBound, width, x, weight, epsilon, y, scale)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.rmsNorm)
      try gpu.kernel(Kernels.rmsNormForward, [lanes.option, gpu.quads(width)]).run(
        groups: rows, lanes: lanes.count, x.read, weight.read, y.write, scale.write, width, epsilon)
    }
  }

  /// The gradient of `rmsNorm` with respect to its input.
  ///
  /// - Parameters:
  ///   - outputGradient: [rows, E], read.
  ///   - x: [rows, E], read: the input of the forward pass.
  ///   - weight: [E], read.
  ///   - scale: [rows], read: as the forward pass wrote it.
  ///   - rows: number of rows.
  ///   - accumulating: adds to `inputGradient`, for the residual stream.
  ///   - inputGradient: [rows, E], written or updated.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func rmsNormBackward(
    _ outputGradient: borrowing DeviceBuffer<Float>, x: borrowing DeviceBuffer<Float>,
    weight: borrowing DeviceBuffer<Float>, scale: borrowing DeviceBuffer<Float>, rows: Int,
    accumulating: Bool, into inputGradient: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let width = weight.count
    try expect("rmsNormBackward", "outputGradient", outputGradient.count, Shape(rows, width))
    try expect("rmsNormBackward", "x", x.count, Shape(rows, width))
    try expect("rmsNormBackward", "scale", scale.count, Shape(rows))
    try expect("rmsNormBackward", "inputGradient", inputGradient.count, Shape(rows, width))
    switch engine {
    case .cpu(let cpu):
      let (gradient, x) = unsafe (outputGradient.host, x.host)
      let (weight, scale) = unsafe (weight.host, scale.host)
      let target = unsafe inputGradient.mutableHost
      cpu.forEachRange(of: rows, elementsPerRow: 4 * width) { range in
        unsafe rms_norm_backward(
          range.lowerBound, range.upperBound, width, gradient, x, weight, scale, accumulating,
          target)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.rmsNorm)
      try gpu.kernel(Kernels.rmsNormBackward, [lanes.option, gpu.quads(width)]).run(
        groups: rows, lanes: lanes.count, outputGradient.read, x.read, weight.read, scale.read,
        inputGradient.write, width, accumulating ? 1 : 0)
    }
  }
}

extension Tunable {
  static let rmsNorm = Tunable("rms_norm", .rmsNorm, gpu: .rowLanes, cpu: .oneItem) {
    trial throws(ComputeError) in
    let (device, rows, width) = (trial.device, trial.sizes.rows, trial.sizes.hidden)
    let (x, weight) = (try trial.floats(rows * width), try trial.floats(width))
    let (y, scale) = (try trial.zeros(rows * width), try trial.zeros(rows))
    let gradient = try trial.zeros(rows * width)
    trial.run { () throws(ComputeError) in
      try device.rmsNorm(
        x.buffer, weight: weight.buffer, epsilon: 1e-5, rows: rows, into: &y.buffer,
        scale: &scale.buffer)
      try device.rmsNormBackward(
        y.buffer, x: x.buffer, weight: weight.buffer, scale: scale.buffer, rows: rows,
        accumulating: false, into: &gradient.buffer)
    }
  }
}
