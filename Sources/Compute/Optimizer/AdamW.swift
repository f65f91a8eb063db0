import CArithmetic
import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension KernelFile {
  static let adamW = unsafe KernelFile(kernel_adamw)
}

extension Kernels {
  fileprivate static let adamwUpdate = KernelEntry(
    .adamW, "adamw_update", as: Read<Float>.self, Read<Float>.self, Write<Float>.self,
    Write<Float>.self, Write<Float>.self, Offset.self, Int.self, Float.self, Float.self, Float.self,
    Float.self, Float.self, Float.self, Float.self)
}

extension Device {
  /// One step of AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101), as torch.optim.AdamW
  /// computes it: bias-corrected moments, decoupled weight decay. The factors of the step are
  /// computed in Double.
  ///
  /// - Parameters:
  ///   - parameters: [start + count], updated from element `start` on.
  ///   - gradient: [start + count], read.
  ///   - firstMoment: [start + count], updated; zero before the first step.
  ///   - secondMoment: [start + count], updated; zero before the first step.
  ///   - start: the first element.
  ///   - count: number of elements.
  ///   - learningRate: the learning rate of this step.
  ///   - betas: decay rates of the two moments.
  ///   - epsilon: added to the root of the second moment.
  ///   - weightDecay: the weight decay.
  ///   - step: the number of this step, from 1.
  ///   - gradientScale: [1], read: multiplies the gradient (`gradientNorm`'s clip factor).
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func adamW(
    _ parameters: inout DeviceBuffer<Float>, gradient: borrowing DeviceBuffer<Float>,
    firstMoment: inout DeviceBuffer<Float>, secondMoment: inout DeviceBuffer<Float>,
    from start: Int = 0, count: Int,
    learningRate: Double, betas: (first: Double, second: Double) = (0.9, 0.999),
    epsilon: Double = 1e-8, weightDecay: Double = 0, step: Int,
    gradientScale: borrowing DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("adamW", "parameters", parameters.count, Shape(start + count))
    try expect("adamW", "gradient", gradient.count, Shape(start + count))
    try expect("adamW", "firstMoment", firstMoment.count, Shape(start + count))
    try expect("adamW", "secondMoment", secondMoment.count, Shape(start + count))
    try expect("adamW", "gradientScale", gradientScale.count, Shape(1))
    let factors = AdamWStep(
      decay: Float(1 - learningRate * weightDecay),
      one_minus_beta1: Float(1 - betas.first),
      beta2: Float(betas.second),
      one_minus_beta2: Float(1 - betas.second),
      step_size: Float(learningRate / (1 - pow(betas.first, Double(step)))),
      second_correction: Float(1 / (1 - pow(betas.second, Double(step))).squareRoot()),
      epsilon: Float(epsilon))
    switch engine {
    case .cpu(let cpu):
      let (gradient, scale) = unsafe (gradient.host, gradientScale.host)
      let parameters = unsafe parameters.mutableHost
      let (first, second) = unsafe (firstMoment.mutableHost, secondMoment.mutableHost)
      cpu.forEachRange(of: count, elementsPerRow: 4) { range in
        unsafe adamw_update(
          start + range.lowerBound, start + range.upperBound, factors, gradient, scale, parameters,
          first, second)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.adamW)
      try gpu.kernel(Kernels.adamwUpdate, [lanes.option]).run(
        groups: lanes.groups(for: count), lanes: lanes.count, gradient.read, gradientScale.read,
        parameters.write, firstMoment.write, secondMoment.write, Offset(start), count,
        factors.decay,
        factors.one_minus_beta1, factors.beta2, factors.one_minus_beta2, factors.step_size,
        factors.second_correction, factors.epsilon)
    }
  }
}

extension Tunable {
  static let adamW = Tunable("adamw", .adamW, gpu: .elementLanes, cpu: .elementLanes) {
    trial throws(ComputeError) in
    let (device, count) = (trial.device, trial.sizes.prefix * trial.sizes.hidden)
    let (parameters, gradient) = (try trial.floats(count), try trial.floats(count))
    let (first, second) = (try trial.zeros(count), try trial.zeros(count))
    let scale = try trial.operand([Float(1)])
    trial.run { () throws(ComputeError) in
      try device.adamW(
        &parameters.buffer, gradient: gradient.buffer, firstMoment: &first.buffer,
        secondMoment: &second.buffer, count: count, learningRate: 0.01, step: 1,
        gradientScale: scale.buffer)
    }
  }
}
