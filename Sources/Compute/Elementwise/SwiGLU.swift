import CArithmetic
import CKernels

extension KernelFile {
  static let swiglu = unsafe KernelFile(kernel_swiglu, needs: [.lanes, .activations])
}

extension Kernels {
  /// Both directions.
  fileprivate typealias SwiGLU = KernelEntry<Read<Float>, Write<Float>, Int, Int>
  fileprivate static let swigluForward = SwiGLU(.swiglu, "swiglu_forward")
  fileprivate static let swigluBackward = SwiGLU(.swiglu, "swiglu_backward")
}

extension Device {
  /// The gated activation of a feed-forward layer (Shazeer 2020, arXiv:2002.05202):
  /// hidden = activation(gate) * up.
  ///
  /// - Parameters:
  ///   - gateUp: [rows, 2 * width], read: gate | up per row, the output of one fused GEMM.
  ///   - activation: the activation function.
  ///   - rows: number of rows.
  ///   - width: elements per row.
  ///   - hidden: [rows, width], written.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func swiGLU(
    _ gateUp: borrowing DeviceBuffer<Float>, activation: Activation, rows: Int, width: Int,
    into hidden: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("swiGLU", "gateUp", gateUp.count, Shape(rows, 2 * width))
    try expect("swiGLU", "hidden", hidden.count, Shape(rows, width))
    try unsafe run(
      Kernels.swigluForward, swiglu_forward, activation, rows: rows, width: width,
      elementsPerRow: 4,
      gateUp, &hidden)
  }

  /// The gradient of `swiGLU` with respect to its input, in place of the input, which is not read
  /// again.
  ///
  /// - Parameters:
  ///   - hiddenGradient: [rows, width], read.
  ///   - activation: the activation function.
  ///   - rows: number of rows.
  ///   - width: elements per row.
  ///   - gateUp: [rows, 2 * width], updated: the input of the forward pass on entry, its gradient
  ///     on exit.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func swiGLUBackward(
    _ hiddenGradient: borrowing DeviceBuffer<Float>, activation: Activation, rows: Int, width: Int,
    in gateUp: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("swiGLUBackward", "hiddenGradient", hiddenGradient.count, Shape(rows, width))
    try expect("swiGLUBackward", "gateUp", gateUp.count, Shape(rows, 2 * width))
    try unsafe run(
      Kernels.swigluBackward, swiglu_backward, activation, rows: rows, width: width,
      elementsPerRow: 6, hiddenGradient, &gateUp)
  }

  /// Either direction: `input` is read, `output` written or updated; `elementsPerRow` is the work
  /// of a row in multiples of its width.
  private func run(
    _ kernel: Kernels.SwiGLU,
    _ arithmetic: (Int, Int, Int, Int32, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void,
    _ activation: Activation, rows: Int, width: Int, elementsPerRow: Int,
    _ input: borrowing DeviceBuffer<Float>, _ output: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    switch engine {
    case .cpu(let cpu):
      let (input, output) = unsafe (input.host, output.mutableHost)
      let code = Int32(activation.code)
      cpu.forEachRange(of: rows, elementsPerRow: elementsPerRow * width) { range in
        unsafe arithmetic(range.lowerBound, range.upperBound, width, code, input, output)
      }
    case .gpu(let gpu):
      let (lanes, span) = gpu.lanesAndSpan(.swiglu)
      try gpu.kernel(kernel, [lanes.option, span, gpu.quads(width)]).run(
        groups: [rows, span.groups(for: width)], items: [lanes.count, 1], input.read, output.write,
        width, activation.code)
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
