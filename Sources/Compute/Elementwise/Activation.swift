import CArithmetic
import CKernels

/// The activation function of a feed-forward layer, alone or as the gate of `swiGLU`.
package enum Activation: Sendable, CaseIterable {
  /// x * sigmoid(x): Llama, Mistral, Qwen.
  case silu
  /// GELU's tanh form (Hendrycks and Gimpel 2016, arXiv:1606.08415): `gelu_new` of GPT-2,
  /// `gelu_pytorch_tanh`.
  case geluTanh
  /// x * Phi(x), with Phi the standard normal distribution function: exact GELU.
  case gelu
  /// max(x, 0).
  case relu

  /// Its number in Kernels/activations.h and CArithmetic.
  var code: Int {
    switch self {
    case .silu: ACTIVATION_SILU
    case .geluTanh: ACTIVATION_GELU_TANH
    case .gelu: ACTIVATION_GELU
    case .relu: ACTIVATION_RELU
    }
  }
}

extension KernelFile {
  static let activations = unsafe KernelFile(kernel_activations)
  static let activation = unsafe KernelFile(kernel_activation, needs: [.lanes, .activations])
}

extension Kernels {
  /// Both directions.
  fileprivate typealias Activation = KernelEntry<Read<Float>, Write<Float>, Offset, Int>
  fileprivate static let activationForward = Activation(.activation, "activation_forward")
  fileprivate static let activationBackward = Activation(.activation, "activation_backward")
}

extension Device {
  /// An activation, element by element: y[i] = activation(x[i]).
  ///
  /// - Parameters:
  ///   - x: [count], read.
  ///   - activation: the activation function.
  ///   - count: number of elements.
  ///   - y: [count], written.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func activate(
    _ x: borrowing DeviceBuffer<Float>, activation: Activation, count: Int,
    into y: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("activate", "x", x.count, Shape(count))
    try expect("activate", "y", y.count, Shape(count))
    try unsafe run(Kernels.activationForward, activation_forward, activation, count: count, x, &y)
  }

  /// The gradient of `activate` with respect to its input, in place of the input, which is not read
  /// again.
  ///
  /// - Parameters:
  ///   - outputGradient: [count], read.
  ///   - activation: the activation function.
  ///   - count: number of elements.
  ///   - x: [count], updated: the input of the forward pass on entry, its gradient on exit.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func activateBackward(
    _ outputGradient: borrowing DeviceBuffer<Float>, activation: Activation, count: Int,
    in x: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("activateBackward", "outputGradient", outputGradient.count, Shape(count))
    try expect("activateBackward", "x", x.count, Shape(count))
    try unsafe run(
      Kernels.activationBackward, activation_backward, activation, count: count, outputGradient, &x)
  }

  /// Either direction: `input` is read, `output` written or updated.
  private func run(
    _ kernel: Kernels.Activation,
    _ arithmetic: (Int, Int, Int32, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void,
    _ activation: Activation, count: Int, _ input: borrowing DeviceBuffer<Float>,
    _ output: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    switch engine {
    case .cpu(let cpu):
      let (input, output) = unsafe (input.host, output.mutableHost)
      let code = Int32(activation.code)
      cpu.forEachRange(of: count, elementsPerRow: 4) { range in
        unsafe arithmetic(range.lowerBound, range.upperBound, code, input, output)
      }
    case .gpu(let gpu):
      let (lanes, span) = gpu.lanesAndSpan(.activation)
      try gpu.kernel(kernel, [lanes.option, span, gpu.quads(count)]).run(
        groups: span.groups(for: count), lanes: lanes.count, input.read, output.write,
        Offset(count), activation.code)
    }
  }
}

extension Tunable {
  /// One work-group per SPAN elements.
  static let activation = Tunable(
    "activation", .activation,
    gpu: .spans((128, 1024), (64, 512), (128, 512), (128, 2048), (256, 1024), (256, 4096)),
    cpu: .spans((1, 1024), (1, 256), (1, 4096))
  ) { trial throws(ComputeError) in
    let (device, count) = (trial.device, trial.sizes.rows * trial.sizes.feedForward)
    let x = try trial.floats(count, scale: 4)
    let y = try trial.zeros(count)
    trial.run { () throws(ComputeError) in
      try device.activate(x.buffer, activation: .geluTanh, count: count, into: &y.buffer)
      try device.activateBackward(
        y.buffer, activation: .geluTanh, count: count, in: &x.buffer)
    }
  }
}
