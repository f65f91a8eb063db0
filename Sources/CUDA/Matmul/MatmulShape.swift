import CCUDA

/// A matrix multiplication with a weight matrix W [N, K], all matrices row-major:
///
///     forward   y[T, N] = x[T, K] W^T (+ bias[N]) (+ addend[T, N])
///     backward  y[T, K] = x[T, N] W (+ addend[T, K])
///
/// x and W have one type, bias, addend and y are f32, and sums are f32.
package struct MatmulShape: Hashable, Sendable {
  /// The type of the elements of x and W.
  package enum Element: Hashable, Sendable, CaseIterable {
    case bf16, f16, f32

    /// Bytes of an element.
    package var size: Int { self == .f32 ? 4 : 2 }

    var dataType: CInt {
      switch self {
      case .bf16: CUDA_R_16BF
      case .f16: CUDA_R_16F
      case .f32: CUDA_R_32F
      }
    }
  }

  /// T.
  package let rows: Int
  /// N, the rows of W.
  package let outputs: Int
  /// K, the columns of W.
  package let inputs: Int
  package let element: Element
  package let isBackward: Bool
  package let hasBias: Bool
  package let hasAddend: Bool

  /// A shape; only a forward one may have a bias.
  package init(
    rows: Int, outputs: Int, inputs: Int, element: Element, isBackward: Bool = false,
    hasBias: Bool = false, hasAddend: Bool = false
  ) {
    precondition(!(isBackward && hasBias), "a backward matrix multiplication has no bias")
    self.rows = rows
    self.outputs = outputs
    self.inputs = inputs
    self.element = element
    self.isBackward = isBackward
    self.hasBias = hasBias
    self.hasAddend = hasAddend
  }

  /// The columns of y.
  package var width: Int { isBackward ? inputs : outputs }
  /// The columns of x, over which is summed.
  package var inner: Int { isBackward ? outputs : inputs }
  /// Multiplications and additions.
  package var operations: Int { 2 * rows * outputs * inputs }

  var text: String {
    let direction = isBackward ? "backward" : "forward"
    let terms = (hasBias ? " + bias" : "") + (hasAddend ? " + addend" : "")
    return "\(direction) \(element) T \(rows) N \(outputs) K \(inputs)\(terms)"
  }
}

/// The operands of a matrix multiplication in device memory.
package struct MatmulOperands {
  /// [T, K] or backward [T, N].
  package var x: MemorySlice
  /// [N, K].
  package var weight: MemorySlice
  /// [N] of f32, if the shape has a bias.
  package var bias: MemorySlice?
  /// As y, if the shape has an addend; it may be y itself.
  package var addend: MemorySlice?
  /// [T, N] or backward [T, K] of f32, written.
  package var y: MemorySlice

  package init(
    x: MemorySlice, weight: MemorySlice, bias: MemorySlice? = nil, addend: MemorySlice? = nil,
    y: MemorySlice
  ) {
    self.x = x
    self.weight = weight
    self.bias = bias
    self.addend = addend
    self.y = y
  }

  /// Throws if an operand that the shape has is missing or too short.
  func check(_ shape: MatmulShape) throws(CUDAError) {
    func check(_ name: String, _ slice: MemorySlice?, _ count: Int, _ size: Int) throws(CUDAError) {
      guard let slice, slice.byteCount >= count * size else {
        let found = slice.map { "of \($0.byteCount) bytes" } ?? "missing"
        throw .invalid(
          "cublasLtMatmul", "\(shape.text): \(name) \(found), expected \(count * size) bytes")
      }
    }
    try check("x", x, shape.rows * shape.inner, shape.element.size)
    try check("weight", weight, shape.outputs * shape.inputs, shape.element.size)
    try check("y", y, shape.rows * shape.width, 4)
    if shape.hasBias { try check("bias", bias, shape.outputs, 4) }
    if shape.hasAddend { try check("addend", addend, shape.rows * shape.width, 4) }
  }
}

/// What a plan depends on: the shape, and how its operands are aligned.
package struct MatmulKey: Hashable, Sendable {
  package let shape: MatmulShape
  /// Alignments in bytes of x, weight, addend, y and bias: powers of two up to 256.
  package let alignments: [Int]

  package init(_ shape: MatmulShape, alignments: [Int]) {
    self.shape = shape
    self.alignments = alignments
  }

  /// The key of a multiplication of these operands. Without an addend, y stands in its place, and
  /// without a bias a null pointer.
  package init(_ shape: MatmulShape, _ operands: MatmulOperands) {
    let addend = shape.hasAddend ? operands.addend ?? operands.y : operands.y
    let addresses = [operands.x, operands.weight, addend, operands.y].map(\.address)
    let bias = shape.hasBias ? operands.bias?.address ?? 0 : 0
    self.init(
      shape, alignments: (addresses + [bias]).map { 1 << min(8, $0.trailingZeroBitCount) })
  }
}

/// An algorithm of cuBLASLt with its tile, stages and split-K, in the library's own encoding. With
/// the same version of the library, architecture and count of multiprocessors it gives the same
/// result to the bit.
package struct MatmulAlgorithm: Hashable, Sendable {
  /// Eight words.
  package let words: [UInt64]

  /// Nil if there are not eight words.
  package init?(words: [UInt64]) {
    guard words.count == 8 else { return nil }
    self.words = words
  }

  init(_ algorithm: cublasLtMatmulAlgo_t) {
    let data = algorithm.data
    words = [data.0, data.1, data.2, data.3, data.4, data.5, data.6, data.7]
  }

  var algorithm: cublasLtMatmulAlgo_t {
    cublasLtMatmulAlgo_t(
      data: (
        words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7]
      ))
  }
}
