import CKernels
internal import CUDA

extension KernelFile {
  static let splitBF16 = unsafe KernelFile(kernel_split_bf16)
}

extension Kernels {
  fileprivate static let splitBF16 = KernelEntry(
    .splitBF16, "split_bf16", as: Read<Float>.self, Write<UInt16>.self, Offset.self, Offset.self,
    Offset.self)
  fileprivate static let roundBF16 = KernelEntry(
    .splitBF16, "round_bf16", as: Write<Float>.self, Offset.self)
}

extension Device {
  /// GEMM by cuBLASLt on tensor cores, for bf16 weights; others have our tiles. Returns false, and
  /// enqueues nothing, for other weights, for segments of mixed matrices and where the library has
  /// no algorithm.
  ///
  /// The library multiplies bf16 by bf16 with f32 sums, so x is written as a sum of bf16 pieces, and
  /// each piece is multiplied: two pieces keep 17 bits of x, whose error is that of f32 sums; one
  /// piece is x rounded to bf16.
  func multiplyByLibrary(
    _ shape: MatmulShape, _ x: borrowing DeviceBuffer<Float>, _ weight: WeightSegment,
    addingTo residual: borrowing DeviceBuffer<Float>, _ y: inout DeviceBuffer<Float>,
    on gpu: GPUEngine
  ) throws(ComputeError) -> Bool {
    guard weight.format == .bf16, shape.isContiguous,
      case .cuda(let context, let library?) = gpu.runtime
    else { return false }
    let pieceCount = shape.precision == .bf16 ? 1 : 2
    let count = shape.rows * shape.inner
    // Each piece begins at a multiple of 256 bytes, the alignment of the fastest algorithms.
    let stride = (count + 127) / 128 * 128
    var pieces = try scratch(of: UInt16.self, count: pieceCount * stride)
    let output = y.block.device.slice.slice(from: 4 * shape.outputOffset)
    let hasBias = weight.hasBias && !shape.isBackward
    let products = (0..<pieceCount).map { piece in
      let isFirst = piece == 0
      let product = CUDA.MatmulShape(
        rows: shape.rows, outputs: weight.rows.count, inputs: weight.columns, element: .bf16,
        isBackward: shape.isBackward, hasBias: hasBias && isFirst,
        hasAddend: shape.addend != .none || !isFirst)
      let operands = MatmulOperands(
        x: pieces.block.device.slice.slice(from: 2 * piece * stride),
        weight: weight.elements.block.device.slice,
        bias: hasBias && isFirst ? weight.bias.block.device.slice : nil,
        addend: isFirst && shape.addend == .residual ? residual.block.device.slice : output,
        y: output)
      return (shape: product, operands: operands)
    }
    let isSupported = try driver { () throws(CUDAError) in
      for product in products where try !library.supports(product.shape, product.operands) {
        return false
      }
      return true
    }
    guard isSupported else { return false }
    let lanes = Lanes(count: 256)
    let first = shape.inputOffset
    let isAligned = first % 4 == 0
    try gpu.kernel(
      Kernels.splitBF16,
      [
        lanes.option, KernelOption("PIECES", pieceCount),
        KernelOption("ALIGNED", isAligned ? 1 : 0),
      ]
    ).run(
      groups: lanes.groups(for: (count + 3) / 4), lanes: lanes.count, x.read, pieces.write,
      Offset(first), Offset(count), Offset(stride))
    for product in products {
      try gpu.enqueue(shape.entry, on: context) { () throws(CUDAError) in
        try library.multiply(product.shape, product.operands)
      }
    }
    return true
  }

  /// Rounds x in place to bf16 on a GPU.
  func roundToBF16(
    _ x: inout DeviceBuffer<Float>, count: Int, on gpu: GPUEngine
  ) throws(ComputeError) {
    let lanes = Lanes(count: 256)
    try gpu.kernel(
      Kernels.roundBF16, [lanes.option, KernelOption("PIECES", 1), KernelOption("ALIGNED", 0)]
    ).run(groups: lanes.groups(for: count), lanes: lanes.count, x.write, Offset(count))
  }
}
