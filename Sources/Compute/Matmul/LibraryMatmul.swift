internal import CUDA
import Weights

/// The multiplications of cuBLASLt that make up one with a segment of weights.
///
/// Tensor cores multiply 16-bit by 16-bit numbers of one type with f32 sums, so x is written as a
/// sum of 16-bit pieces, and each piece is multiplied. Plain weights are used as they are, without
/// a copy; those in blocks are dequantised, some rows at a time, as sums of pieces too.
///
///     bf16     two bf16 pieces, which keep 17 bits of x; one if x may be rounded
///     f16      two f16 pieces of x times a power of two, which keep 23 bits of the larger elements
///              of x (Kernels/split_f16.cl). f16 weights as bf16 pieces would be twice as many
///              multiplications and three times the memory
///     f32      x as it is, in f32 without tensor cores: who loads f32 weights wants f32. bf16
///              pieces of both would need three multiplications and a copy of the weights, for 15
///              times the error
///     blocks   two bf16 pieces of x and of W, which keep 17 bits: x0 W0 + x1 W0 + x0 W1. A term of
///              x1 W1 would be at most 2^-16 of that of x W
///
/// A piece may be 0, with which an infinite weight gives NaN. A matrix of several segments has x
/// written anew for each.
struct LibraryMatmul {
  let shape: MatmulShape
  let weight: WeightSegment
  /// The type that is multiplied.
  let element: CUDA.MatmulShape.Element
  /// x; of f32 elements it stays as it is.
  let input: ActivationPieces
  /// Rows of W at a time. Backward these are the terms of a sum: f32 units add the sums of chunks,
  /// which tensor cores would truncate.
  let rowsAtOnce: Int
  /// The most of them where weights are dequantised.
  private static let mostRowsAtOnce = 4096
  /// Pieces of x and W that are multiplied, in this order.
  private let terms: [(input: Int, weight: Int)]

  /// Nil for weights in blocks that our own tiles multiply.
  init?(_ shape: MatmulShape, _ weight: WeightSegment, on gpu: GPUEngine) {
    self.shape = shape
    self.weight = weight
    switch weight.format {
    case .bf16:
      // A segment of a mixed matrix is not rounded, as on the CPU path.
      let isRounded = shape.precision == .bf16 && shape.isContiguous
      (element, terms) = (.bf16, isRounded ? [(0, 0)] : [(0, 0), (1, 0)])
    case .f16: (element, terms) = (.f16, [(0, 0), (1, 0)])
    case .f32: (element, terms) = (.f32, [(0, 0)])
    case .q80, .q40, .q41, .q50, .q51, .q4K, .q5K, .q6K:
      guard gpu.dequantises(rows: shape.rows) else { return nil }
      (element, terms) = (.bf16, [(0, 0), (1, 0), (0, 1)])
    }
    let rows = max(1, weight.rows.count)
    if weight.format.isBlocked {
      // Chunks of equal size, in multiples of the tiles of tensor cores.
      let most = max(128, min(Self.mostRowsAtOnce, gpu.dequantisedElements / weight.columns))
      let chunks = (rows + most - 1) / most
      rowsAtOnce = min(rows, ((rows + chunks - 1) / chunks + 127) / 128 * 128)
    } else {
      rowsAtOnce = rows
    }
    input = ActivationPieces(terms.contains { $0.input > 0 } ? 2 : 1, of: shape)
  }

  /// Rows of the segment that are multiplied one after the other.
  var chunks: [Range<Int>] {
    stride(from: 0, to: weight.rows.count, by: rowsAtOnce).map {
      $0..<min($0 + rowsAtOnce, weight.rows.count)
    }
  }

  /// Elements from one piece of dequantised weights to the next; 0 for plain weights.
  var weightStride: Int { weight.format.isBlocked ? rowsAtOnce * weight.columns : 0 }

  /// Operands in device memory, from their first element.
  struct Memory {
    /// The pieces of x, or x.
    let input: MemorySlice
    /// The pieces of a chunk, or all weights.
    let weight: MemorySlice
    let factors: MemorySlice?
    let residual: MemorySlice
    let output: MemorySlice
  }

  /// The multiplications of a chunk. Forward a chunk has columns of y, backward of x, and its part
  /// of the sum is added to that of chunks before it.
  func matmuls(
    _ chunk: Range<Int>, _ memory: Memory
  ) -> [(shape: CUDA.MatmulShape, operands: MatmulOperands)] {
    let inputColumn = shape.inputColumn + (shape.isBackward ? chunk.lowerBound : 0)
    let first = shape.outputOffset + (shape.isBackward ? 0 : chunk.lowerBound)
    let output = memory.output.slice(from: 4 * first)
    return terms.enumerated().map { index, term in
      let isFirst = index == 0
      let addend: MatmulShape.Addend =
        isFirst && (chunk.lowerBound == 0 || !shape.isBackward) ? shape.addend : .output
      let hasBias = isFirst && weight.hasBias && !shape.isBackward
      let matmul = CUDA.MatmulShape(
        rows: shape.rows, outputs: chunk.count, inputs: weight.columns, element: element,
        isBackward: shape.isBackward, hasBias: hasBias, hasAddend: addend != .none,
        isScaled: memory.factors != nil, inputStride: shape.inputStride,
        outputStride: shape.outputStride)
      let operands = MatmulOperands(
        x: memory.input.slice(
          from: input.offset(of: term.input) + element.size * inputColumn),
        weight: memory.weight.slice(from: 2 * term.weight * weightStride),
        bias: hasBias ? weight.bias.block.device.slice.slice(from: 4 * chunk.lowerBound) : nil,
        addend: addend == .residual ? memory.residual.slice(from: 4 * first) : output,
        factors: memory.factors, y: output)
      return (matmul, operands)
    }
  }
}
