import Foundation

/// Sizes, inputs and Double reference of the divergence from a projected teacher, for its test and
/// its benchmark.
package struct ProjectedDivergenceWorkload {
  package let rows: Int
  package let vocabulary: Int
  package let width: Int
  package let temperature: Float
  package let weight: Float = 0.125
  /// [rows, vocabulary].
  package let logits: [Float]
  /// [rows, width].
  package let hidden: [Float]
  /// [rows + 1, width]: teacher rows in another order than the student's; one is unused.
  package let projected: [Float]
  /// [rows + 1].
  package let entropies: [Float]
  package let rowIndices: [Int32]

  package init(
    rows: Int, vocabulary: Int, width: Int, temperature: Float,
    using generator: inout SeededGenerator
  ) {
    self.rows = rows
    self.vocabulary = vocabulary
    self.width = width
    self.temperature = temperature
    logits = spikyLogits(rows: rows, width: vocabulary, using: &generator)
    hidden = generator.floats(rows * width)
    projected = generator.floats((rows + 1) * width)
    entropies = generator.floats(rows + 1, in: 0...5)
    rowIndices = (0..<rows).map { Int32(rows - $0) }
  }

  /// Bytes that must move: logits become q, h and m are read, the gradient is written.
  package var bytes: Int { (2 * vocabulary + 3 * width) * rows * 4 }
  /// Bytes that must move for the loss alone: logits, h and m are read.
  package var lossBytes: Int { (vocabulary + 2 * width) * rows * 4 }
  /// Bytes that must move for the teacher's side: logits become p.
  package var teacherBytes: Int { 2 * vocabulary * rows * 4 }

  /// The loss of each row in Double.
  package func losses() -> [Double] {
    (0..<rows).map { row in
      logSumExp(scaled(row)) - dotProduct(row) / Double(temperature)
        - Double(entropies[Int(rowIndices[row])])
    }
  }

  /// The largest of the terms whose difference a loss is.
  package var largestTerm: Double {
    (0..<rows).map { row in
      max(abs(logSumExp(scaled(row))), abs(dotProduct(row)) / Double(temperature))
    }
    .max() ?? 0
  }

  /// weight / temperature * q of each row.
  package func weightedProbabilities() -> [Double] {
    (0..<rows).flatMap { row in
      let scaled = scaled(row)
      let sum = logSumExp(scaled)
      return scaled.map { Double(weight) / Double(temperature) * exp($0 - sum) }
    }
  }

  /// -weight / temperature * m of each row.
  package func hiddenGradient() -> [Double] {
    (0..<rows).flatMap { row in
      projectedRow(row).map { -Double(weight) / Double(temperature) * Double($0) }
    }
  }

  /// p = softmax(z / temperature) of each row, and its entropy.
  package func teacher() -> (probabilities: [Double], entropies: [Double]) {
    var probabilities: [Double] = []
    var entropies: [Double] = []
    for row in 0..<rows {
      let scaled = scaled(row)
      let sum = logSumExp(scaled)
      let p = scaled.map { exp($0 - sum) }
      probabilities += p
      entropies.append(-zip(p, scaled).reduce(0) { $0 + $1.0 * ($1.1 - sum) })
    }
    return (probabilities, entropies)
  }

  private func scaled(_ row: Int) -> [Double] {
    logits[(row * vocabulary)..<((row + 1) * vocabulary)].map { Double($0) / Double(temperature) }
  }

  private func projectedRow(_ row: Int) -> ArraySlice<Float> {
    let start = Int(rowIndices[row]) * width
    return projected[start..<(start + width)]
  }

  private func dotProduct(_ row: Int) -> Double {
    let own = hidden[(row * width)..<((row + 1) * width)]
    var sum = 0.0
    for (x, y) in zip(own, projectedRow(row)) { sum += Double(x) * Double(y) }
    return sum
  }
}
