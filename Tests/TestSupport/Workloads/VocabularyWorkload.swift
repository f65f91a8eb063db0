import Foundation

/// Rows of logits over a vocabulary with Double references of argmax and sampling, for their tests
/// and benchmarks.
package struct VocabularyWorkload {
  package let rows: Int
  package let width: Int
  package let logits: [Float]
  package let uniforms: [Float]

  /// Logits with a few peaks, as a language model gives them.
  package init(rows: Int, width: Int, using generator: inout SeededGenerator) {
    self.rows = rows
    self.width = width
    var logits = generator.floats(rows * width, in: -6...2)
    for row in 0..<rows {
      for _ in 0..<3 {
        logits[row * width + Int.random(in: 0..<width, using: &generator)] =
          Float.random(in: 6...9, using: &generator)
      }
    }
    self.logits = logits
    uniforms = (0..<rows).map { _ in Float.random(in: 0..<1, using: &generator) }
  }

  /// Bytes that must move: the logits are read.
  package var bytes: Int { rows * width * 4 }

  package func row(_ row: Int) -> ArraySlice<Float> { logits[(row * width)..<((row + 1) * width)] }

  package func argmax() -> [Int32] {
    (0..<rows).map { index in
      let row = row(index)
      return Int32((row.firstIndex(of: row.max() ?? 0) ?? row.startIndex) - row.startIndex)
    }
  }

  /// softmax(logits / temperature) of a row, summed up to each token, in Double.
  package func cumulative(_ index: Int, temperature: Double) -> [Double] {
    let row = row(index)
    let largest = Double(row.max() ?? 0)
    let weights = row.map { exp((Double($0) - largest) / temperature) }
    let total = weights.reduce(0, +)
    var sum = 0.0
    return weights.map {
      sum += $0 / total
      return sum
    }
  }
}
