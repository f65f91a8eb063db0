package import Compute
import Foundation

/// Sizes, inputs and Double reference of attention, for its test and its benchmark.
package struct AttentionWorkload {
  package let prefixCount: Int
  package let sequences: [AttentionSequence]
  package let window: Int?
  package let heads: HeadShape
  package let scale: Float
  package let softCap: Float?
  package let queryRows: Int
  package let keyRows: Int
  package let query: [Float]
  package let key: [Float]
  package let value: [Float]
  package let outputGradient: [Float]

  /// Inputs between -`magnitude` and `magnitude`; values and output gradients between -1 and 1.
  package init(
    prefixCount: Int = 0, sequences: [AttentionSequence], window: Int? = nil, heads: HeadShape,
    softCap: Float? = nil, magnitude: Float = 2, using generator: inout SeededGenerator
  ) {
    self.prefixCount = prefixCount
    self.sequences = sequences
    self.window = window
    self.heads = heads
    self.softCap = softCap
    scale = 1 / Float(heads.headDimension).squareRoot()
    queryRows = sequences.map { $0.queryStart + $0.queryCount }.max() ?? 0
    keyRows = sequences.map { $0.keyStart + $0.keyCount }.reduce(prefixCount, max)
    query = generator.floats(queryRows * heads.queryWidth, in: -magnitude...magnitude)
    key = generator.floats(keyRows * heads.keyValueWidth, in: -magnitude...magnitude)
    value = generator.floats(keyRows * heads.keyValueWidth)
    outputGradient = generator.floats(queryRows * heads.queryWidth)
  }

  /// The pairs of query and key that the layout lets meet, by sequence.
  package var visiblePairs: Int {
    var pairs = 0
    for sequence in sequences {
      for index in 0..<sequence.queryCount { pairs += visibleKeys(sequence, query: index).count }
    }
    return pairs
  }
  /// Two multiply-adds per head dimension element for each pair and query head.
  package var forwardFlop: Int { 4 * visiblePairs * heads.queryWidth }
  /// Five multiply-adds per head dimension element for each pair and query head.
  package var backwardFlop: Int { 10 * visiblePairs * heads.queryWidth }
  /// Bytes that must move: query, key and value are read, output and log-sum-exp are written.
  package var forwardBytes: Int {
    4 * (query.count * 2 + key.count * 2 + queryRows * heads.queryHeads)
  }
  /// Bytes that must move: query, output and its gradient, key and value are read, the gradients
  /// are written.
  package var backwardBytes: Int {
    4 * (query.count * 4 + key.count * 4 + queryRows * heads.queryHeads)
  }

  /// Rows of the key buffer that a query sees.
  private func visibleKeys(_ sequence: AttentionSequence, query index: Int) -> [Int] {
    let prefix = sequence.attendsPrefix ? prefixCount : 0
    let position = prefix + sequence.keyCount - sequence.queryCount + index
    let first = window.map { max(0, position - $0 + 1) } ?? 0
    return (first...position).map { $0 < prefix ? $0 : sequence.keyStart + $0 - prefix }
  }

  /// Calls `body` for each query row, head and the keys that it sees.
  private func forEachRow(_ body: (_ row: Int, _ head: Int, _ group: Int, _ keys: [Int]) -> Void) {
    for sequence in sequences {
      for index in 0..<sequence.queryCount {
        let keys = visibleKeys(sequence, query: index)
        for head in 0..<heads.queryHeads {
          body(sequence.queryStart + index, head, head / heads.groupSize, keys)
        }
      }
    }
  }

  /// Where a head of a row begins in a buffer of [*, count, D].
  private func start(_ row: Int, _ head: Int, of count: Int) -> Int {
    (row * count + head) * heads.headDimension
  }

  private func dot(_ a: [Double], _ from: Int, _ b: [Double], _ other: Int) -> Double {
    var sum = 0.0
    for d in 0..<heads.headDimension { sum += a[from + d] * b[other + d] }
    return sum
  }

  private func capped(_ product: Double) -> Double {
    let score = Double(scale) * product
    guard let softCap else { return score }
    return Double(softCap) * tanh(score / Double(softCap))
  }

  /// Output and log-sum-exp in Double for these inputs (the workload's own where nil), NaN in rows
  /// that belong to no sequence.
  package func forward(
    query: [Double]? = nil, key: [Double]? = nil, value: [Double]? = nil
  ) -> (output: [Double], logSumExp: [Double]) {
    let query = query ?? self.query.map(Double.init)
    let key = key ?? self.key.map(Double.init)
    let value = value ?? self.value.map(Double.init)
    var output = [Double](repeating: .nan, count: query.count)
    var logSumExp = [Double](repeating: .nan, count: queryRows * heads.queryHeads)
    forEachRow { row, head, group, keys in
      let own = start(row, head, of: heads.queryHeads)
      let others = keys.map { start($0, group, of: heads.keyValueHeads) }
      let scores = others.map { capped(dot(query, own, key, $0)) }
      let largest = scores.max() ?? 0
      let exponentials = scores.map { exp($0 - largest) }
      let sum = exponentials.reduce(0, +)
      logSumExp[row * heads.queryHeads + head] = largest + log(sum)
      for d in 0..<heads.headDimension { output[own + d] = 0 }
      for (exponential, other) in zip(exponentials, others) {
        for d in 0..<heads.headDimension { output[own + d] += exponential / sum * value[other + d] }
      }
    }
    return (output, logSumExp)
  }

  /// The gradients in Double, NaN in rows that the scope leaves as they are.
  package func backward(
    scope: AttentionGradientScope = .all
  ) -> (query: [Double], key: [Double], value: [Double]) {
    let (output, logSumExp) = forward()
    let query = query.map(Double.init)
    let key = key.map(Double.init)
    let value = value.map(Double.init)
    let outputGradient = outputGradient.map(Double.init)
    var queryGradient = [Double](repeating: .nan, count: query.count)
    var keyGradient = [Double](repeating: .nan, count: key.count)
    for row in gradientKeyRows(scope) {
      for element in (row * heads.keyValueWidth)..<((row + 1) * heads.keyValueWidth) {
        keyGradient[element] = 0
      }
    }
    var valueGradient = keyGradient
    let prefixQueries = prefixQueryRows
    forEachRow { row, head, group, keys in
      let own = start(row, head, of: heads.queryHeads)
      let hasQueryGradient = scope == .all || prefixQueries.contains(row)
      if hasQueryGradient { for d in 0..<heads.headDimension { queryGradient[own + d] = 0 } }
      let delta = dot(outputGradient, own, output, own)
      for keyRow in keys {
        let other = start(keyRow, group, of: heads.keyValueHeads)
        let score = capped(dot(query, own, key, other))
        let probability = exp(score - logSumExp[row * heads.queryHeads + head])
        let slope = softCap.map { 1 - (score / Double($0)) * (score / Double($0)) } ?? 1
        let scoreGradient =
          probability * (dot(outputGradient, own, value, other) - delta) * slope * Double(scale)
        for d in 0..<heads.headDimension {
          if hasQueryGradient { queryGradient[own + d] += scoreGradient * key[other + d] }
          keyGradient[other + d] += scoreGradient * query[own + d]
          valueGradient[other + d] += probability * outputGradient[own + d]
        }
      }
    }
    return (queryGradient, keyGradient, valueGradient)
  }

  private func gradientKeyRows(_ scope: AttentionGradientScope) -> Set<Int> {
    var rows = Set(0..<prefixCount)
    guard scope == .all else { return rows }
    for sequence in sequences {
      rows.formUnion(sequence.keyStart..<(sequence.keyStart + sequence.keyCount))
    }
    return rows
  }

  private var prefixQueryRows: Set<Int> {
    var rows: Set<Int> = []
    for sequence in sequences
    where !sequence.attendsPrefix && sequence.keyStart == 0 && sequence.keyCount <= prefixCount {
      rows.formUnion(sequence.queryStart..<(sequence.queryStart + sequence.queryCount))
    }
    return rows
  }
}
