import CArithmetic
import CKernels

extension KernelFile {
  static let gradientNorm = unsafe KernelFile(
    kernel_gradient_norm, needs: [.lanes, .rowReductions])
}

extension Kernels {
  fileprivate static let sumOfSquares = KernelEntry(
    .gradientNorm, "sum_of_squares", as: Read<Float>.self, Write<Float>.self, Int.self, Int.self)
  fileprivate static let gradientNorm = KernelEntry(
    .gradientNorm, "gradient_norm", as: Read<Float>.self, Write<Float>.self, Write<Float>.self,
    Int.self, Float.self)
}

extension Device {
  /// The norm of a gradient and its clip factor, as torch.nn.utils.clip_grad_norm_ computes it:
  /// min(1, limit / (norm + 1e-6)). Both stay on the device, without a host wait.
  ///
  /// - Parameters:
  ///   - gradient: [count], read.
  ///   - count: number of elements.
  ///   - limit: the norm to clip to; infinity does not clip.
  ///   - norm: [1], written.
  ///   - clipFactor: [1], written: the `gradientScale` of `adamW` and `sgd`.
  /// - Throws: `.shape` if an operand is too small; allocation and driver errors.
  package func gradientNorm(
    _ gradient: borrowing DeviceBuffer<Float>, count: Int, limit: Float = .infinity,
    norm: inout DeviceBuffer<Float>, clipFactor: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("gradientNorm", "gradient", gradient.count, Shape(count))
    try expect("gradientNorm", "norm", norm.count, Shape(1))
    try expect("gradientNorm", "clipFactor", clipFactor.count, Shape(1))
    switch engine {
    case .cpu:
      unsafe gradient_norm(
        count, gradient.host, limit, norm.mutableHost, clipFactor.mutableHost)
    case .gpu(let gpu):
      let lanes = gpu.lanes(.gradientNorm)
      // Long enough for a work-group, and few enough spans for one work-group to sum.
      let span = max(8192, (count + 255) / 256)
      let groups = (count + span - 1) / span
      var partial = try scratch(of: Float.self, count: groups)
      try gpu.kernel(Kernels.sumOfSquares, [lanes.option]).run(
        groups: groups, lanes: lanes.count, gradient.read, partial.write, count, span)
      try gpu.kernel(Kernels.gradientNorm, [lanes.option]).run(
        groups: 1, lanes: lanes.count, partial.read, norm.write, clipFactor.write, groups, limit)
    }
  }
}

extension Tunable {
  static let gradientNorm = Tunable("gradient_norm", .gradientNorm, gpu: .rowLanes, cpu: .oneItem) {
    trial throws(ComputeError) in
    let (device, count) = (trial.device, trial.sizes.prefix * trial.sizes.hidden)
    let gradient = try trial.floats(count)
    let (norm, clipFactor) = (try trial.zeros(1), try trial.zeros(1))
    trial.run { () throws(ComputeError) in
      try device.gradientNorm(
        gradient.buffer, count: count, limit: 1, norm: &norm.buffer,
        clipFactor: &clipFactor.buffer)
    }
  }
}
