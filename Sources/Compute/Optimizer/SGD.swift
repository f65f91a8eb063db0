import CArithmetic
import CKernels

extension KernelFile {
  static let sgd = unsafe KernelFile(kernel_sgd)
}

extension Kernels {
  fileprivate static let sgdUpdate = KernelEntry(
    .sgd, "sgd_update", as: Read<Float>.self, Read<Float>.self, Write<Float>.self,
    Write<Float>.self, Offset.self, Int.self, Float.self, Float.self, Float.self)
}

extension Device {
  /// One step of stochastic gradient descent, as torch.optim.SGD computes it with dampening 0:
  /// velocity = momentum * velocity + gradient + weightDecay * parameter; parameter -= learningRate
  /// * velocity.
  ///
  /// - Parameters:
  ///   - parameters: [start + count], updated from element `start` on.
  ///   - gradient: [start + count], read.
  ///   - velocity: [start + count], updated; zero before the first step.
  ///   - start: the first element.
  ///   - count: number of elements.
  ///   - learningRate: the learning rate of this step.
  ///   - momentum: the momentum.
  ///   - weightDecay: the weight decay.
  ///   - gradientScale: [1], read: multiplies the gradient (`gradientNorm`'s clip factor).
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func sgd(
    _ parameters: inout DeviceBuffer<Float>, gradient: borrowing DeviceBuffer<Float>,
    velocity: inout DeviceBuffer<Float>, from start: Int = 0, count: Int, learningRate: Double,
    momentum: Double = 0,
    weightDecay: Double = 0, gradientScale: borrowing DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("sgd", "parameters", parameters.count, Shape(start + count))
    try expect("sgd", "gradient", gradient.count, Shape(start + count))
    try expect("sgd", "velocity", velocity.count, Shape(start + count))
    try expect("sgd", "gradientScale", gradientScale.count, Shape(1))
    let (rate, keep, decay) = (Float(learningRate), Float(momentum), Float(weightDecay))
    switch engine {
    case .cpu(let cpu):
      let (gradient, scale) = unsafe (gradient.host, gradientScale.host)
      let (parameters, velocity) = unsafe (parameters.mutableHost, velocity.mutableHost)
      cpu.forEachRange(of: count, elementsPerRow: 3) { range in
        unsafe sgd_update(
          start + range.lowerBound, start + range.upperBound, rate, keep, decay, gradient, scale,
          parameters,
          velocity)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.sgd)
      try gpu.kernel(Kernels.sgdUpdate, [lanes.option]).run(
        groups: lanes.groups(for: count), lanes: lanes.count, gradient.read, gradientScale.read,
        parameters.write, velocity.write, Offset(start), count, rate, keep, decay)
    }
  }
}

extension Tunable {
  static let sgd = Tunable("sgd", .sgd, gpu: .elementLanes, cpu: .elementLanes) {
    trial throws(ComputeError) in
    let (device, count) = (trial.device, trial.sizes.prefix * trial.sizes.hidden)
    let (parameters, gradient) = (try trial.floats(count), try trial.floats(count))
    let (velocity, scale) = (try trial.zeros(count), try trial.operand([Float(1)]))
    trial.run { () throws(ComputeError) in
      try device.sgd(
        &parameters.buffer, gradient: gradient.buffer, velocity: &velocity.buffer, count: count,
        learningRate: 0.01, momentum: 0.9, gradientScale: scale.buffer)
    }
  }
}
