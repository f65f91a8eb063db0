import Foundation

/// Rows of logits as language models give them: most within a few units, some that stand far above
/// the rest.
package func spikyLogits(
  rows: Int, width: Int, using generator: inout SeededGenerator
) -> [Float] {
  var logits = generator.floats(rows * width, in: -4...4)
  for row in 0..<rows {
    for _ in 0..<3 {
      logits[row * width + Int.random(in: 0..<width, using: &generator)] +=
        Float.random(in: 0...16, using: &generator)
    }
  }
  return logits
}

/// log(sum e^x) in Double.
package func logSumExp(_ row: some Collection<Double>) -> Double {
  let largest = row.max() ?? 0
  return largest + log(row.reduce(0) { $0 + exp($1 - largest) })
}

/// Sizes, inputs and Double reference of softmax, for its test and its
/// benchmark.
package struct SoftmaxWorkload {
  package let rows: Int
  package let width: Int
  package let temperature: Float
  package let logits: [Float]

  package init(rows: Int, width: Int, temperature: Float, using generator: inout SeededGenerator) {
    self.rows = rows
    self.width = width
    self.temperature = temperature
    logits = spikyLogits(rows: rows, width: width, using: &generator)
  }

  /// Bytes that must move: logits are read, probabilities written.
  package var bytes: Int { 2 * rows * width * 4 }
  /// Bytes that must move in compressLogits: logits are read, 16 bits each are written.
  package var compressionBytes: Int { rows * width * (4 + 2) }

  /// Softmax of each row.
  package func probabilities() -> [Double] {
    (0..<rows).flatMap { row in
      let scaled = scaled(row)
      let sum = logSumExp(scaled)
      return scaled.map { exp($0 - sum) }
    }
  }

  private func scaled(_ row: Int) -> [Double] {
    logits[(row * width)..<((row + 1) * width)].map { Double($0) / Double(temperature) }
  }
}
