import CArithmetic
import CKernels

extension KernelFile {
  static let swiglu = unsafe KernelFile(kernel_swiglu, needs: [.lanes, .activations])
}

extension Kernels {
  fileprivate static let swigluForward = KernelEntry(
    .swiglu, "swiglu_forward", as: Read<Float>.self, Write<Float>.self, Int.self)
  fileprivate static let swigluBackward = KernelEntry(
    .swiglu, "swiglu_backward", as: Read<Float>.self, Write<Float>.self, Int.self)
}

extension Device {
  /// The gated activation of a feed-forward layer (Shazeer 2020, arXiv:2002.05202):
  /// hidden = activation(gate) * up.
  ///
  /// - Parameters:
  ///   - gateUp: [rows, 2 * width], read: gate | up per row, the output of one fused GEMM.
  ///   - hidden: [rows, width], written.
  package func swiGLU(
    _ gateUp: borrowing DeviceBuffer<Float>, activation: Activation, rows: Int, width: Int,
    into hidden: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("swiGLU", "gateUp", gateUp.count, atLeast: 2 * rows * width)
    try expect("swiGLU", "hidden", hidden.count, atLeast: rows * width)
    switch engine {
    case .cpu(let cpu):
      let (gateUp, hidden) = unsafe (gateUp.host, hidden.mutableHost)
      let code = Int32(activation.code)
      cpu.forEachRange(of: rows, elementsPerRow: 4 * width) { range in
        unsafe swiglu_forward(range.lowerBound, range.upperBound, width, code, gateUp, hidden)
      }
    case .opencl(let gpu):
      let (lanes, span) = gpu.lanesAndSpan(.swiglu)
      try gpu.kernel(Kernels.swigluForward, [lanes.option, span, activation.option]).run(
        groups: [span.groups(for: width), rows], items: [lanes.count, 1], gateUp.read, hidden.write,
        width)
    }
  }

  /// The gradient of `swiGLU` with respect to its input, in place of the input, which is not read
  /// again.
  ///
  /// - Parameters:
  ///   - hiddenGradient: [rows, width], read.
  ///   - gateUp: [rows, 2 * width], updated: the input of the forward pass on entry, its gradient
  ///     on exit.
  package func swiGLUBackward(
    _ hiddenGradient: borrowing DeviceBuffer<Float>, activation: Activation, rows: Int, width: Int,
    in gateUp: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("swiGLUBackward", "hiddenGradient", hiddenGradient.count, atLeast: rows * width)
    try expect("swiGLUBackward", "gateUp", gateUp.count, atLeast: 2 * rows * width)
    switch engine {
    case .cpu(let cpu):
      let (gradient, gateUp) = unsafe (hiddenGradient.host, gateUp.mutableHost)
      let code = Int32(activation.code)
      cpu.forEachRange(of: rows, elementsPerRow: 6 * width) { range in
        unsafe swiglu_backward(range.lowerBound, range.upperBound, width, code, gradient, gateUp)
      }
    case .opencl(let gpu):
      let (lanes, span) = gpu.lanesAndSpan(.swiglu)
      try gpu.kernel(Kernels.swigluBackward, [lanes.option, span, activation.option]).run(
        groups: [span.groups(for: width), rows], items: [lanes.count, 1], hiddenGradient.read,
        gateUp.write, width)
    }
  }
}

extension Tunable {
  /// One work-group per SPAN columns of a row.
  static let swiglu = Tunable(
    "swiglu", .swiglu,
    gpu: .spans((128, 1024), (64, 512), (128, 512), (128, 2048), (256, 1024), (256, 4096)),
    cpu: .spans((1, 1024), (1, 256), (1, 4096))
  ) { trial throws(ComputeError) in
    let (device, rows, width) = (trial.device, trial.sizes.rows, trial.sizes.feedForward)
    let gateUp = try trial.floats(2 * rows * width, scale: 4)
    let hidden = try trial.zeros(rows * width)
    trial.run { () throws(ComputeError) in
      try device.swiGLU(
        gateUp.buffer, activation: .silu, rows: rows, width: width, into: &hidden.buffer)
      try device.swiGLUBackward(
        hidden.buffer, activation: .silu, rows: rows, width: width, in: &gateUp.buffer)
    }
  }
}
