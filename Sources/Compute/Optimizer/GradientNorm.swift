import CArithmetic
import CKernels

extension KernelFile {
  static let gradientNorm = unsafe KernelFile(kernel_gradient_norm, needs: [.lanes])
}

extension Device {
  /// The length of a gradient and the factor that clips it, as torch.nn.utils.clip_grad_norm_ works it out:
  /// min(1, limit / (norm + 1e-6)). Both stay on the device, so nothing waits.
  ///
  /// - Parameters:
  ///   - gradient: [count], read.
  ///   - limit: the length to clip to; infinity clips nothing.
  ///   - norm: [1], written.
  ///   - clipFactor: [1], written: what `adamW` and `sgd` take as `gradientScale`.
  package func gradientNorm(
    _ gradient: borrowing DeviceBuffer<Float>, count: Int, limit: Float = .infinity,
    norm: inout DeviceBuffer<Float>, clipFactor: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("gradientNorm", "gradient", gradient.count, atLeast: count)
    try expect("gradientNorm", "norm", norm.count, atLeast: 1)
    try expect("gradientNorm", "clipFactor", clipFactor.count, atLeast: 1)
    switch engine {
    case .cpu:
      unsafe gradient_norm(
        count, gradient.host, limit, norm.mutableHost, clipFactor.mutableHost)
    case .opencl(let gpu):
      let lanes = gpu.lanes(.gradientNorm)
      // Long enough to pay for a work-group, and no more of them than one more can sum up.
      let span = max(8192, (count + 255) / 256)
      let groups = (count + span - 1) / span
      var partial = try scratch(of: Float.self, count: groups)
      var sums = try gpu.launch(.gradientNorm, "sum_of_squares", [lanes.option])
      try sums.read(gradient)
      try sums.write(&partial)
      try sums.value(count)
      try sums.value(span)
      try sums.run(groups: groups, lanes: lanes.count)
      var launch = try gpu.launch(.gradientNorm, "gradient_norm", [lanes.option])
      try launch.read(partial)
      try launch.write(&norm)
      try launch.write(&clipFactor)
      try launch.value(groups)
      try launch.value(limit)
      try launch.run(groups: 1, lanes: lanes.count)
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
