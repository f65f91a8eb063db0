internal import CUDA
import Weights

extension Device {
  /// GEMM by cuBLASLt, for bf16, f16 and f32 weights; others have our tiles. Returns false, and
  /// enqueues nothing, for other weights, for segments of mixed matrices and where the library has
  /// no algorithm.
  ///
  /// Tensor cores multiply 16-bit by 16-bit numbers of one type with f32 sums, so beside 16-bit
  /// weights x is written as a sum of 16-bit pieces, and each piece is multiplied. The weights are
  /// used as they are, without a copy.
  ///
  ///     bf16   two bf16 pieces, which keep 17 bits of x; one if x may be rounded
  ///     f16    two f16 pieces of x times a power of two, which keep 23 bits of the larger elements
  ///            of x (Kernels/split_f16.cl). f16 weights as bf16 pieces would be twice as many
  ///            multiplications and three times the memory
  ///     f32    x as it is, in f32 without tensor cores: who loads f32 weights wants f32. bf16
  ///            pieces of both would need three multiplications and a copy of the weights, for 15
  ///            times the error
  ///
  /// The pieces take 2 or 4 bytes an element of x while they are multiplied. A piece may be 0, with
  /// which an infinite weight gives NaN.
  func multiplyByLibrary(
    _ shape: MatmulShape, _ x: borrowing DeviceBuffer<Float>, _ weight: WeightSegment,
    addingTo residual: borrowing DeviceBuffer<Float>, _ y: inout DeviceBuffer<Float>,
    on gpu: GPUEngine
  ) throws(ComputeError) -> Bool {
    guard gpu.usesMatmulLibrary, shape.isContiguous,
      let element = CUDA.MatmulShape.Element(weight.format),
      case .cuda(let context, let library?) = gpu.runtime
    else { return false }
    let isOnePiece = element == .f32 || (element == .bf16 && shape.precision == .bf16)
    let pieces = ActivationPieces(isOnePiece ? 1 : 2, of: shape)
    var matrices = try scratch(
      of: UInt16.self, count: element == .f32 ? 0 : pieces.count * pieces.stride)
    var factors = try scratch(of: Float.self, count: element == .f16 ? 3 : 0)
    let input =
      element == .f32
      ? x.block.device.slice.slice(from: 4 * pieces.first) : matrices.block.device.slice
    let output = y.block.device.slice.slice(from: 4 * shape.outputOffset)
    let products = (0..<pieces.count).map { piece in
      let isFirst = piece == 0
      let hasBias = isFirst && weight.hasBias && !shape.isBackward
      let product = CUDA.MatmulShape(
        rows: shape.rows, outputs: weight.rows.count, inputs: weight.columns, element: element,
        isBackward: shape.isBackward, hasBias: hasBias,
        hasAddend: shape.addend != .none || !isFirst, isScaled: element == .f16)
      let operands = MatmulOperands(
        x: input.slice(from: pieces.offset(of: piece)),
        weight: weight.elements.block.device.slice,
        bias: hasBias ? weight.bias.block.device.slice : nil,
        addend: isFirst && shape.addend == .residual ? residual.block.device.slice : output,
        factors: element == .f16 ? factors.block.device.slice : nil, y: output)
      return (shape: product, operands: operands)
    }
    let isSupported = try driver { () throws(CUDAError) in
      for product in products where try !library.supports(product.shape, product.operands) {
        return false
      }
      return true
    }
    guard isSupported else { return false }
    switch element {
    case .bf16: try splitBF16(x, pieces, into: &matrices, on: gpu)
    case .f16: try splitF16(x, pieces, into: &matrices, factors: &factors, on: gpu)
    case .f32: break
    }
    for product in products {
      try gpu.enqueue(shape.entry, on: context) { () throws(CUDAError) in
        try library.multiply(product.shape, product.operands)
      }
    }
    return true
  }
}

extension CUDA.MatmulShape.Element {
  /// Nil for formats with blocks.
  fileprivate init?(_ format: WeightFormat) {
    switch format {
    case .bf16: self = .bf16
    case .f16: self = .f16
    case .f32: self = .f32
    default: return nil
    }
  }
}
