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

  /// The constant that the kernels are built with.
  var option: KernelOption { KernelOption("ACTIVATION", code) }
}

extension KernelFile {
  static let activations = unsafe KernelFile(kernel_activations)
  static let activation = unsafe KernelFile(kernel_activation, needs: [.lanes, .activations])
}

extension Kernels {
  fileprivate static let activationForward = KernelEntry(
    .activation, "activation_forward", as: Read<Float>.self, Write<Float>.self, Offset.self)
  fileprivate static let activationBackward = KernelEntry(
    .activation, "activation_backward", as: Read<Float>.self, Write<Float>.self, Offset.self)
}

extension Device {
  /// An activation, element by element: y[i] = activation(x[i]).
  ///
  /// - Parameters:
  ///   - x: [count], read.
  ///   - y: [count], written.
  package func activate(
    _ x: borrowing DeviceBuffer<Float>, activation: Activation, count: Int,
    into y: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("activate", "x", x.count, atLeast: count)
    try expect("activate", "y", y.count, atLeast: count)
    switch engine {
    case .cpu(let cpu):
      let (x, y) = unsafe (x.host, y.mutableHost)
      let code = Int32(activation.code)
      cpu.forEachRange(of: count, elementsPerRow: 4) { range in
        unsafe activation_forward(range.lowerBound, range.upperBound, code, x, y)
      }
    case .opencl(let gpu):
      let (lanes, span) = gpu.lanesAndSpan(.activation)
      try gpu.kernel(Kernels.activationForward, [lanes.option, span, activation.option]).run(
        groups: span.groups(for: count), lanes: lanes.count, x.read, y.write, Offset(count))
    }
  }

  /// The gradient of `activate` with respect to its input, in place of the input, which is not read
  /// again.
  ///
  /// - Parameters:
  ///   - outputGradient: [count], read.
  ///   - x: [count], updated: the input of the forward pass on entry, its gradient on exit.
  package func activateBackward(
    _ outputGradient: borrowing DeviceBuffer<Float>, activation: Activation, count: Int,
    in x: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("activateBackward", "outputGradient", outputGradient.count, atLeast: count)
    try expect("activateBackward", "x", x.count, atLeast: count)
    switch engine {
    case .cpu(let cpu):
      let (gradient, x) = unsafe (outputGradient.host, x.mutableHost)
      let code = Int32(activation.code)
      cpu.forEachRange(of: count, elementsPerRow: 4) { range in
        unsafe activation_backward(range.lowerBound, range.upperBound, code, gradient, x)
      }
    case .opencl(let gpu):
      let (lanes, span) = gpu.lanesAndSpan(.activation)
      try gpu.kernel(Kernels.activationBackward, [lanes.option, span, activation.option]).run(
        groups: span.groups(for: count), lanes: lanes.count, outputGradient.read, x.write,
        Offset(count))
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
