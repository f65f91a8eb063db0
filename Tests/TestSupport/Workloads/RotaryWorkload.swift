package import Compute
import Foundation

/// Sizes, inputs and Double reference of splitHeads and mergeHeads, for their test and their
/// benchmark.
package struct RotaryWorkload {
  package let rows: Int
  package let heads: HeadShape
  package let rotaryDimension: Int
  package let inverseFrequencies: [Float]
  package let attentionScaling: Float = 1.25
  package let positions: [Int32]
  package let keyRows: [Int32]
  package let projected: [Float]
  /// Row capacity of the key and value buffers; some rows are not written.
  package let keyCapacity: Int

  package static let positionLimit = 300

  package init(
    rows: Int, heads: HeadShape, rotaryDimension: Int, using generator: inout SeededGenerator
  ) {
    self.rows = rows
    self.heads = heads
    self.rotaryDimension = rotaryDimension
    inverseFrequencies = (0..<(rotaryDimension / 2)).map { pair in
      Float(pow(10000, -2 * Double(pair) / Double(rotaryDimension)))
    }
    positions = (0..<rows).map { _ in
      Int32.random(in: 0..<Int32(Self.positionLimit), using: &generator)
    }
    keyCapacity = rows + 3
    keyRows = Array((0..<Int32(keyCapacity)).shuffled(using: &generator).prefix(rows))
    projected = generator.floats(rows * heads.fusedWidth)
  }

  /// Bytes that must move: every element is read and written.
  package var bytes: Int { 2 * rows * heads.fusedWidth * 4 }

  /// The projection with queries and keys rotated in keyRow; by the transpose if `transposed`.
  package func rotated(_ values: [Double], transposed: Bool) -> [Double] {
    var result = values
    let half = rotaryDimension / 2
    for row in 0..<rows {
      for head in 0..<(heads.queryHeads + heads.keyValueHeads) {
        let start = row * heads.fusedWidth + head * heads.headDimension
        for pair in 0..<half {
          let angle = Double(positions[row]) * Double(inverseFrequencies[pair])
          let cosine = cos(angle) * Double(attentionScaling)
          let sine = sin(angle) * Double(attentionScaling) * (transposed ? -1 : 1)
          let (a, b) = (values[start + pair], values[start + pair + half])
          result[start + pair] = a * cosine - b * sine
          result[start + pair + half] = b * cosine + a * sine
        }
      }
    }
    return result
  }

  /// Columns of a fused row that hold queries, keys or values.
  package enum Part { case query, key, value }

  /// One part of fused rows, [rows, width of the part].
  package func part<Element>(_ part: Part, of fused: [Element]) -> [Element] {
    let columns =
      switch part {
      case .query: 0..<heads.queryWidth
      case .key: heads.queryWidth..<(heads.queryWidth + heads.keyValueWidth)
      case .value: (heads.queryWidth + heads.keyValueWidth)..<heads.fusedWidth
      }
    return (0..<rows).flatMap { row in
      fused[
        (row * heads.fusedWidth + columns.lowerBound)..<(row * heads.fusedWidth + columns.upperBound)
      ]
    }
  }

  /// Keys and values of fused rows side by side, as a projection of them alone has them.
  package func keysAndValues<Element>(of fused: [Element]) -> [Element] {
    (0..<rows).flatMap { row in
      fused[(row * heads.fusedWidth + heads.queryWidth)..<((row + 1) * heads.fusedWidth)]
    }
  }

  /// A buffer of `filler` with rows scattered to `keyRows`.
  package func placed<Element>(_ rows: [Element], filler: Element) -> [Element] {
    var result = [Element](repeating: filler, count: keyCapacity * heads.keyValueWidth)
    for (row, keyRow) in keyRows.enumerated() {
      for e in 0..<heads.keyValueWidth {
        result[Int(keyRow) * heads.keyValueWidth + e] = rows[row * heads.keyValueWidth + e]
      }
    }
    return result
  }
}
