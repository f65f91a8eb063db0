import Foundation

/// Rows of logits with given tokens, and Double references of their cross-entropy and of a
/// distribution that they are mixed into, for the tests and benchmarks of both.
package struct CrossEntropyWorkload {
  package let rows: Int
  package let width: Int
  package let weight: Float = 0.125
  /// [rows, width].
  package let logits: [Float]
  /// [rows + 1]: token ids in another order than the rows; one is unused.
  package let targets: [Int32]
  package let rowIndices: [Int32]

  /// Rows whose tokens are at the beginning, at the end and between.
  package init(rows: Int, width: Int, using generator: inout SeededGenerator) {
    self.rows = rows
    self.width = width
    logits = spikyLogits(rows: rows, width: width, using: &generator)
    targets = (0...rows).map { [0, Int32(width - 1), Int32(width / 2)][$0 % 3] }
    rowIndices = (0..<rows).map { Int32(rows - $0) }
  }

  /// Bytes that must move: logits are read for the sum, read again and replaced.
  package var bytes: Int { 3 * rows * width * 4 }
  /// Bytes that must move for the loss alone, and to mix: logits are read.
  package var lossBytes: Int { rows * width * 4 }

  /// The token of a row.
  package func target(_ row: Int) -> Int { Int(targets[Int(rowIndices[row])]) }

  /// The cross-entropy of each row in Double, with these logits or others in their place.
  package func losses(temperature: Float, _ logits: [Double]? = nil) -> [Double] {
    (0..<rows).map { -logarithms($0, temperature, logits)[target($0)] }
  }

  /// weight times the gradient of the losses with respect to z in Double, where the logits are z,
  /// or softCap * tanh(z / softCap).
  package func gradient(temperature: Float, softCap: Float? = nil) -> [Double] {
    (0..<rows).flatMap { row in
      let factor = Double(weight) / Double(temperature)
      return logarithms(row, temperature, nil).enumerated().map { v, logQ in
        let logit = Double(logits[row * width + v])
        let slope = softCap.map { 1 - (logit / Double($0)) * (logit / Double($0)) } ?? 1
        return factor * slope * (exp(logQ) - (v == target(row) ? 1 : 0))
      }
    }
  }

  /// (1 - share) softmax(logits / temperature) + share e_y of each row in Double.
  package func mixture(share: Double, temperature: Float) -> [Double] {
    (0..<rows).flatMap { row in
      logarithms(row, temperature, nil).enumerated().map { v, logP in
        (1 - share) * exp(logP) + (v == target(row) ? share : 0)
      }
    }
  }

  /// log softmax(logits / temperature) of a row.
  private func logarithms(_ row: Int, _ temperature: Float, _ logits: [Double]?) -> [Double] {
    let range = (row * width)..<((row + 1) * width)
    let scaled = (logits.map { Array($0[range]) } ?? self.logits[range].map(Double.init))
      .map { $0 / Double(temperature) }
    let sum = logSumExp(scaled)
    return scaled.map { $0 - sum }
  }
}
