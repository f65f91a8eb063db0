package import Compute

/// Sizes, inputs and Double reference of the norm of heads, for its test and its benchmark.
package struct HeadNormWorkload {
  package let rows: Int
  package let shape: HeadNormShape
  package let x: [Float]
  package let weight: [Float]
  package let outputGradient: [Float]

  /// Elements stand before and behind the heads of a row where `margin` is not 0.
  package init(
    rows: Int, heads: Int, width: Int, margin: Int, isCentred: Bool,
    using generator: inout SeededGenerator
  ) {
    self.rows = rows
    shape = HeadNormShape(
      stride: heads * width + 2 * margin, first: margin, heads: heads, width: width,
      isCentred: isCentred, epsilon: 1e-5)
    x = generator.floats(rows * shape.stride)
    weight = generator.floats(heads * width, in: 0.5...1.5)
    outputGradient = generator.floats(rows * shape.stride)
  }

  /// Bytes that must move: heads are read, written in place and kept.
  package var bytes: Int { 3 * rows * shape.count * 4 }

  /// The heads as they are: [rows, heads, width].
  package var kept: [Float] {
    (0..<rows).flatMap { row in
      let begin = row * shape.stride + shape.first
      return x[begin..<(begin + shape.count)]
    }
  }

  /// x of `values` (of `x` where nil) with its heads normalised, in Double.
  package func forward(_ values: [Double]? = nil) -> [Double] {
    var result = values ?? x.map(Double.init)
    forEachHead { head, weights in
      let (mean, scale) = statistics(result[head])
      for (place, weight) in zip(head, weights) {
        result[place] = (result[place] - mean) * scale * weight
      }
    }
    return result
  }

  /// The gradient with respect to x, in Double.
  package func backward() -> [Double] {
    var result = outputGradient.map(Double.init)
    forEachHead { head, weights in
      let before = x[head].map(Double.init)
      let (mean, scale) = statistics(before[...])
      let g = zip(result[head], weights).map { $0 * $1 }
      let count = Double(shape.width)
      let shift = shape.isCentred ? g.reduce(0, +) / count : 0
      let pull = zip(g, before).reduce(0) { $0 + $1.0 * ($1.1 - mean) } * scale * scale / count
      for (index, place) in head.enumerated() {
        result[place] = scale * (g[index] - shift - (before[index] - mean) * pull)
      }
    }
    return result
  }

  /// The largest |scale * g| of the gradient's terms, which cancel where a head is narrow.
  package var largestBackwardTerm: Double {
    var largest = 0.0
    forEachHead { head, weights in
      let scale = statistics(x[head].map(Double.init)[...]).scale
      for (place, weight) in zip(head, weights) {
        largest = max(largest, scale * abs(Double(outputGradient[place]) * weight))
      }
    }
    return largest
  }

  private func forEachHead(_ body: (Range<Int>, [Double]) -> Void) {
    for row in 0..<rows {
      for head in 0..<shape.heads {
        let begin = row * shape.stride + shape.first + head * shape.width
        let weights = weight[(head * shape.width)..<((head + 1) * shape.width)]
        body(begin..<(begin + shape.width), weights.map(Double.init))
      }
    }
  }

  private func statistics(_ head: ArraySlice<Double>) -> (mean: Double, scale: Double) {
    let count = Double(shape.width)
    let mean = shape.isCentred ? head.reduce(0, +) / count : 0
    let squares = head.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, 1 / (squares / count + Double(shape.epsilon)).squareRoot())
  }
}
