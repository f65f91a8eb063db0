import CCUDA

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
