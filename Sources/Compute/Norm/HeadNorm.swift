import CArithmetic
import CKernels

extension KernelFile {
  static let headNorm = unsafe KernelFile(kernel_head_norm, needs: [.lanes, .rowReductions])
}

/// The heads of a projection that `headNorm` normalises, and the norm.
package struct HeadNormShape: Sendable, Equatable {
  /// Elements of a row of the projection.
  package let stride: Int
  /// The first element of the first head in a row.
  package let first: Int
  package let heads: Int
  /// Elements of a head. For a norm over the whole width, all heads of a row count as one.
  package let width: Int
  /// Subtracts the mean first: LayerNorm without a bias instead of RMSNorm.
  package let isCentred: Bool
  package let epsilon: Float

  package init(
    stride: Int, first: Int, heads: Int, width: Int, isCentred: Bool, epsilon: Float
  ) {
    self.stride = stride
    self.first = first
    self.heads = heads
    self.width = width
    self.isCentred = isCentred
    self.epsilon = epsilon
  }

  /// Elements of all heads of a row.
  package var count: Int { heads * width }
  /// The constants that the kernels are built with. Heads of whole quads begin at whole quads only
  /// if rows and what precedes the heads are whole quads too.
  func options(on gpu: GPUEngine, _ lanes: Lanes) -> [KernelOption] {
    [lanes.option, KernelOption("CENTRED", isCentred ? 1 : 0), gpu.quads(stride | first | width)]
  }
}

extension Kernels {
  fileprivate static let headNormForward = KernelEntry(
    .headNorm, "head_norm_forward", as: Write<Float>.self, Read<Float>.self, Write<Float>.self,
    Int.self, Int.self, Int.self, Int.self, Float.self)
  fileprivate static let headNormBackward = KernelEntry(
    .headNorm, "head_norm_backward", as: Write<Float>.self, Read<Float>.self, Read<Float>.self,
    Int.self, Int.self, Int.self, Int.self, Float.self)
}

extension Device {
  /// QK norm (Henry et al. 2020, arXiv:2010.04245), in place: RMSNorm of each head of a row, or
  /// LayerNorm if the shape is centred.
  ///
  /// - Parameters:
  ///   - projected: [rows, shape.stride], of which the heads are updated.
  ///   - shape: the heads and the kind of norm.
  ///   - weight: [heads, width], read.
  ///   - rows: number of rows.
  ///   - kept: [rows, heads, width], written: the input, which the gradient needs.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func headNorm(
    _ projected: inout DeviceBuffer<Float>, _ shape: HeadNormShape,
    weight: borrowing DeviceBuffer<Float>, rows: Int, keeping kept: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("headNorm", "projected", projected.count, Shape(rows, shape.stride))
    try expect("headNorm", "row", shape.stride, Shape(shape.first + shape.count))
    try expect("headNorm", "weight", weight.count, Shape(shape.count))
    try expect("headNorm", "kept", kept.count, Shape(rows, shape.count))
    switch engine {
    case .cpu(let cpu):
      let heads = unsafe shape.arithmetic(weight.host)
      let (projected, kept) = unsafe (projected.mutableHost, kept.mutableHost)
      cpu.forEachRange(of: rows, elementsPerRow: 3 * shape.count) { range in
        unsafe head_norm_forward(range.lowerBound, range.upperBound, heads, projected, kept)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.headNorm)
      try gpu.kernel(Kernels.headNormForward, shape.options(on: gpu, lanes)).run(
        groups: [rows, shape.heads], items: [lanes.count, 1], projected.write, weight.read,
        kept.write, shape.stride, shape.first, shape.heads, shape.width, shape.epsilon)
    }
  }

  /// The gradient of `headNorm` with respect to its input, in place of the output gradient.
  ///
  /// - Parameters:
  ///   - gradient: [rows, shape.stride], of which the heads are updated.
  ///   - shape: the heads and the kind of norm.
  ///   - weight: [heads, width], read.
  ///   - kept: [rows, heads, width], read: as the forward pass wrote it.
  ///   - rows: number of rows.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func headNormBackward(
    _ gradient: inout DeviceBuffer<Float>, _ shape: HeadNormShape,
    weight: borrowing DeviceBuffer<Float>, kept: borrowing DeviceBuffer<Float>, rows: Int
  ) throws(ComputeError) {
    try expect("headNormBackward", "gradient", gradient.count, Shape(rows, shape.stride))
    try expect("headNormBackward", "row", shape.stride, Shape(shape.first + shape.count))
    try expect("headNormBackward", "weight", weight.count, Shape(shape.count))
    try expect("headNormBackward", "kept", kept.count, Shape(rows, shape.count))
    switch engine {
    case .cpu(let cpu):
      let heads = unsafe shape.arithmetic(weight.host)
      let (gradient, kept) = unsafe (gradient.mutableHost, kept.host)
      cpu.forEachRange(of: rows, elementsPerRow: 5 * shape.count) { range in
        unsafe head_norm_backward(range.lowerBound, range.upperBound, heads, gradient, kept)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.headNorm)
      try gpu.kernel(Kernels.headNormBackward, shape.options(on: gpu, lanes)).run(
        groups: [rows, shape.heads], items: [lanes.count, 1], gradient.write, weight.read,
        kept.read, shape.stride, shape.first, shape.heads, shape.width, shape.epsilon)
    }
  }
}

extension HeadNormShape {
  /// The operands of the CPU path; valid while the weight lives.
  fileprivate func arithmetic(_ weight: UnsafePointer<Float>) -> HeadNorm {
    unsafe HeadNorm(
      stride: stride, first: first, heads: heads, width: width, centred: isCentred,
      epsilon: epsilon, weight: weight)
  }
}

extension Tunable {
  static let headNorm = Tunable("head_norm", .headNorm, gpu: .rowLanes, cpu: .oneItem) {
    trial throws(ComputeError) in
    let (device, rows, heads) = (trial.device, trial.sizes.rows, trial.sizes.heads)
    let shape = HeadNormShape(
      stride: heads.fusedWidth, first: 0, heads: heads.queryHeads, width: heads.headDimension,
      isCentred: false, epsilon: 1e-6)
    let projected = try trial.floats(rows * heads.fusedWidth)
    let (weight, kept) = (try trial.floats(shape.count), try trial.zeros(rows * shape.count))
    trial.run { () throws(ComputeError) in
      try device.headNorm(
        &projected.buffer, shape, weight: weight.buffer, rows: rows, keeping: &kept.buffer)
      try device.headNormBackward(
        &projected.buffer, shape, weight: weight.buffer, kept: kept.buffer, rows: rows)
    }
  }
}
