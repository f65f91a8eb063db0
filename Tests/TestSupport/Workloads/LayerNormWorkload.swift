/// Sizes, inputs and Double reference of LayerNorm, for its test and its benchmark.
package struct LayerNormWorkload {
  package let rows: Int
  package let width: Int
  package let epsilon: Float = 1e-5
  package let x: [Float]
  package let weight: [Float]
  package let bias: [Float]
  package let outputGradient: [Float]

  /// Rows off centre, each with one element far from the others, as hidden states have them.
  package init(rows: Int, width: Int, using generator: inout SeededGenerator) {
    self.rows = rows
    self.width = width
    var x = generator.floats(rows * width, in: -1...3)
    for row in 0..<rows { x[row * width + row % width] *= 20 }
    self.x = x
    weight = generator.floats(width, in: 0.5...1.5)
    bias = generator.floats(width)
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
      let (mean, scale) = moments(of: from)
      return from.enumerated().map { e, x in
        (x - mean) * scale * Double(weight[e]) + Double(bias[e])
      }
    }
  }

  /// The gradient with respect to x in Double, on top of x itself where `accumulating`.
  package func backward(accumulating: Bool) -> [Double] {
    (0..<rows).flatMap { row in
      let range = (row * width)..<((row + 1) * width)
      let from = x[range].map(Double.init)
      let (mean, scale) = moments(of: from[...])
      let weighted = zip(outputGradient[range], weight).map { Double($0) * Double($1) }
      let shift = weighted.reduce(0, +) / Double(width)
      let products = zip(weighted, from).map { $0 * ($1 - mean) }
      let pull = scale * scale * products.reduce(0, +) / Double(width)
      return zip(weighted, from).map { g, x in
        scale * (g - shift - (x - mean) * pull) + (accumulating ? x : 0)
      }
    }
  }

  /// The largest |scale * x| and |scale * g| of the terms that cancel in a row that is narrow or
  /// off centre.
  package var largestTerm: Double {
    (0..<rows).map { row in
      let range = (row * width)..<((row + 1) * width)
      let scale = moments(of: x[range].map(Double.init)[...]).scale
      let terms = range.map { index -> Double in
        let largest = max(abs(x[index]), abs(outputGradient[index]))
        return Double(largest) * Double(weight[index - range.lowerBound])
      }
      return scale * (terms.max() ?? 0)
    }
    .max() ?? 0
  }

  private func moments(of row: ArraySlice<Double>) -> (mean: Double, scale: Double) {
    let mean = row.reduce(0, +) / Double(width)
    let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
    return (mean, 1 / (variance + Double(epsilon)).squareRoot())
  }
}
