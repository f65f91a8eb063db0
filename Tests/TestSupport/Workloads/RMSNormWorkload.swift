/// Sizes, inputs and Double reference of RMSNorm, for its test and its benchmark.
package struct RMSNormWorkload {
  package let rows: Int
  package let width: Int
  package let epsilon: Float = 1e-5
  package let x: [Float]
  package let weight: [Float]
  package let outputGradient: [Float]

  package init(rows: Int, width: Int, using generator: inout SeededGenerator) {
    self.rows = rows
    self.width = width
    x = generator.floats(rows * width)
    weight = generator.floats(width, in: 0.5...1.5)
    outputGradient = generator.floats(rows * width)
  }

  /// Bytes that must move: x is read, y is written.
  package var forwardBytes: Int { 2 * rows * width * 4 }
  /// Bytes that must move: two operands are read, the gradient is updated.
  package var backwardBytes: Int { 4 * rows * width * 4 }

  /// y of `values` (of `x` where nil), in Double.
  package func forward(_ values: [Double]? = nil) -> [Double] {
    let x = values ?? x.map(Double.init)
    return (0..<rows).flatMap { row in
      let from = x[(row * width)..<((row + 1) * width)]
      let scale = scale(of: from)
      return zip(from, weight).map { $0 * scale * Double($1) }
    }
  }

  /// The gradient with respect to x in Double, on top of x itself where `accumulating`.
  package func backward(accumulating: Bool) -> [Double] {
    (0..<rows).flatMap { row in
      let range = (row * width)..<((row + 1) * width)
      let from = x[range].map(Double.init)
      let weighted = zip(outputGradient[range], weight).map { Double($0) * Double($1) }
      let scale = scale(of: from[...])
      let mean = zip(weighted, from).reduce(0) { $0 + $1.0 * $1.1 } / Double(width)
      return zip(weighted, from).map { g, x in
        scale * (g - x * scale * scale * mean) + (accumulating ? x : 0)
      }
    }
  }

  /// The largest |scale * g| of the gradient's two terms, which cancel where a row is narrow.
  package var largestBackwardTerm: Double {
    (0..<rows).map { row in
      let range = (row * width)..<((row + 1) * width)
      let largest = zip(outputGradient[range], weight).map { abs(Double($0) * Double($1)) }.max()
      return scale(of: x[range].map(Double.init)[...]) * (largest ?? 0)
    }
    .max() ?? 0
  }

  private func scale(of row: ArraySlice<Double>) -> Double {
    1 / (row.reduce(0) { $0 + $1 * $1 } / Double(width) + Double(epsilon)).squareRoot()
  }
}
