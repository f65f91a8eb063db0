internal import Compute
import Foundation
internal import Transformer

extension Decoder {
  /// Logits of a chunk of rows.
  private static let chunkBytes = 32 << 20

  /// The log-probability of a token after each of some states, in nats.
  ///
  /// With the most likely token m, softmax gives p(m) without underflow, and
  /// log p(t) = z(t) - z(m) + log p(m) is exact also where p(t) itself underflows.
  ///
  /// - Parameters:
  ///   - tokens: a token for each state.
  ///   - states: [tokens, E], read: states after the final norm.
  func logLikelihoods(
    of tokens: [Int], after states: borrowing DeviceBuffer<Float>
  ) throws(ComputeError) -> [Double] {
    let size = configuration.vocabularySize
    let most = max(1, min(tokens.count, Self.chunkBytes / (4 * size)))
    var logits = try device.buffer(of: Float.self, count: most * size)
    var chosen = try device.buffer(of: Int32.self, count: most)
    var found: [Double] = []
    for first in stride(from: 0, to: tokens.count, by: most) {
      let count = min(most, tokens.count - first)
      try self.logits(of: states, from: first, count: count, into: &logits)
      try device.argmax(logits, rows: count, width: size, into: &chosen)
      let best = try device.download(chosen, count: count).map(Int.init)
      /// Elements of the chunk, one of each row.
      func elements(_ columns: [Int]) throws(ComputeError) -> [Float] {
        let indices = columns.enumerated().map { Int32($0 * size + $1) }
        var values = try device.buffer(of: Float.self, count: count)
        try device.gatherRows(
          logits, at: try device.rowIndices(indices), count: count, width: 1, into: &values)
        return try device.download(values, count: count)
      }
      let own = try elements(Array(tokens[first..<(first + count)]))
      let largest = try elements(best)
      try device.softmax(&logits, rows: count, width: size)
      let probabilities = try elements(best)
      for row in 0..<count {
        found.append(
          Double(own[row]) - Double(largest[row]) + log(Double(probabilities[row])))
      }
    }
    return found
  }
}
