import CArithmetic
import CBLAS

extension AttentionMatching {
  /// The weights of keys in the whole softmax of each query.
  struct Weights {
    /// [queries, keys], where they are kept.
    var weights: [Float] = []
    /// [queries]: their sum.
    var mass: [Float] = []
    /// [queries, D]: the values' sum with these weights.
    var output: [Float] = []
    /// [keys]: the sum of squares over the queries.
    var squares: [Float]
  }

  /// Queries of a block, whose scores stay in the cache of the processor.
  private static let blockQueries = 128

  /// The weights of keys, or of those that stand for them.
  ///
  /// - Parameters:
  ///   - keys: [keys, D].
  ///   - first: the position of the first key.
  ///   - values: [keys, D].
  ///   - keeping: whether to keep the weights.
  func weights(
    of keys: [Float], in problem: Problem, at first: Int, values: [Float], keeping: Bool = false
  ) -> Weights {
    let (queries, keyCount, width) = (problem.positions.count, keys.count / dimension, dimension)
    var result = Weights(squares: [Float](repeating: 0, count: keyCount))
    if keeping { result.weights.reserveCapacity(queries * keyCount) }
    var scores = [Float](repeating: 0, count: Self.blockQueries * keyCount)
    var mass = [Float](repeating: 0, count: Self.blockQueries)
    var output = [Float](repeating: 0, count: Self.blockQueries * width)
    for start in stride(from: 0, to: queries, by: Self.blockQueries) {
      let rows = min(Self.blockQueries, queries - start)
      let block = Array(problem.queries[(start * width)..<((start + rows) * width)])
      unsafe cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(keyCount), Int32(width), scale,
        block, Int32(width), keys, Int32(width), 0, &scores, Int32(keyCount))
      if let softCap { unsafe soft_cap(0, rows * keyCount, softCap, &scores) }
      mask(&scores, problem.positions[start..<(start + rows)], first: first, keyCount: keyCount)
      let logSumExp = Array(problem.logSumExp[start..<(start + rows)])
      unsafe attention_weights(rows, keyCount, logSumExp, &scores, &mass, &result.squares)
      unsafe cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(width), Int32(keyCount), 1,
        scores, Int32(keyCount), values, Int32(width), 0, &output, Int32(width))
      result.mass += mass[..<rows]
      result.output += output[..<(rows * width)]
      if keeping { result.weights += scores[..<(rows * keyCount)] }
    }
    return result
  }

  /// Masks the keys that the window leaves out.
  private func mask(
    _ scores: inout [Float], _ positions: ArraySlice<Int>, first: Int, keyCount: Int
  ) {
    guard let window else { return }
    for (row, position) in positions.enumerated() {
      let hidden = min(max(position - window + 1 - first, 0), keyCount)
      for key in 0..<hidden { scores[row * keyCount + key] = -.greatestFiniteMagnitude / 2 }
    }
  }
}
