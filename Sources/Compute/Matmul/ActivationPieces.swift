import CKernels

extension KernelFile {
  static let splitBF16 = unsafe KernelFile(kernel_split_bf16, needs: [.bf16Pieces])
  static let splitF16 = unsafe KernelFile(kernel_split_f16, needs: [.lanes, .rowReductions])
}

extension Kernels {
  fileprivate static let splitBF16 = KernelEntry(
    .splitBF16, "split_bf16", as: Read<Float>.self, Write<UInt16>.self, Offset.self, Offset.self,
    Offset.self)
  fileprivate static let roundBF16 = KernelEntry(
    .splitBF16, "round_bf16", as: Write<Float>.self, Offset.self)
  fileprivate static let largestMagnitude = KernelEntry(
    .splitF16, "largest_magnitude", as: Read<Float>.self, Write<Float>.self, Offset.self,
    Offset.self, Int.self)
  fileprivate static let splitF16 = KernelEntry(
    .splitF16, "split_f16", as: Read<Float>.self, Read<Float>.self, Write<UInt16>.self,
    Write<Float>.self, Offset.self, Offset.self, Offset.self, Int.self)
}

/// f32 activations as matrices of 16-bit elements whose sum they are, for tensor cores.
struct ActivationPieces {
  /// Number of matrices.
  let count: Int
  /// The first element of x: that of a whole row of its buffer.
  let first: Int
  /// Elements of x, and of each matrix: whole rows of the buffer, of which a multiplication with a
  /// segment may take some columns.
  let elements: Int
  /// Elements from one matrix to the next: each begins at a multiple of 256 bytes, the alignment of
  /// the fastest algorithms.
  let stride: Int

  init(_ count: Int, of shape: MatmulShape) {
    self.count = count
    first = shape.inputRow * shape.inputStride
    elements = shape.rows * shape.inputStride
    stride = (elements + 127) / 128 * 128
  }

  /// Bytes from the first matrix to another.
  func offset(of piece: Int) -> Int { 2 * piece * stride }

  fileprivate static let lanes = Lanes(count: 256)
  fileprivate var groups: Int { Self.lanes.groups(for: (elements + 3) / 4) }
  fileprivate var alignment: KernelOption { KernelOption("ALIGNED", first % 4 == 0 ? 1 : 0) }

  /// Elements of x per partial maximum, and the number of these.
  fileprivate var span: Int { max(4096, (elements + 1023) / 1024) }
  fileprivate var spans: Int { (elements + span - 1) / span }
}

extension Device {
  /// Writes x as a sum of bf16 matrices.
  func splitBF16(
    _ x: borrowing DeviceBuffer<Float>, _ pieces: ActivationPieces,
    into matrices: inout DeviceBuffer<UInt16>, on gpu: GPUEngine
  ) throws(ComputeError) {
    let lanes = ActivationPieces.lanes
    try gpu.kernel(
      Kernels.splitBF16,
      [lanes.option, KernelOption("PIECES", pieces.count), pieces.alignment]
    ).run(
      groups: pieces.groups, lanes: lanes.count, x.read, matrices.write, Offset(pieces.first),
      Offset(pieces.elements), Offset(pieces.stride))
  }

  /// Writes x as a sum of two f16 matrices, and the factor of the sum, 0 and 1 to `factors`.
  func splitF16(
    _ x: borrowing DeviceBuffer<Float>, _ pieces: ActivationPieces,
    into matrices: inout DeviceBuffer<UInt16>, factors: inout DeviceBuffer<Float>,
    on gpu: GPUEngine
  ) throws(ComputeError) {
    let lanes = ActivationPieces.lanes
    let options = [lanes.option, pieces.alignment]
    var maxima = try scratch(of: Float.self, count: pieces.spans)
    try gpu.kernel(Kernels.largestMagnitude, options).run(
      groups: pieces.spans, lanes: lanes.count, x.read, maxima.write, Offset(pieces.first),
      Offset(pieces.elements), pieces.span)
    try gpu.kernel(Kernels.splitF16, options).run(
      groups: pieces.groups, lanes: lanes.count, x.read, maxima.read, matrices.write,
      factors.write, Offset(pieces.first), Offset(pieces.elements), Offset(pieces.stride),
      pieces.spans)
  }

  /// Rounds x in place to bf16 on a GPU.
  func roundToBF16(
    _ x: inout DeviceBuffer<Float>, count: Int, on gpu: GPUEngine
  ) throws(ComputeError) {
    let lanes = ActivationPieces.lanes
    try gpu.kernel(
      Kernels.roundBF16, [lanes.option, KernelOption("PIECES", 1), KernelOption("ALIGNED", 0)]
    ).run(groups: lanes.groups(for: count), lanes: lanes.count, x.write, Offset(count))
  }
}
