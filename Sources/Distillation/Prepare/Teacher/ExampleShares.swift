package import Ranks

/// The examples that each rank has of its own: it generates and scores them, and keeps the
/// teacher's values of them.
package struct ExampleShares: Sendable {
  /// The ranks.
  package let ranks: Ranks
  /// The rank of each example.
  let owners: [Int]
  /// The indices of this rank's examples, in ascending order.
  let own: [Int]

  /// Shares out examples by their spans.
  ///
  /// They are assigned in rotation, so that batches in the order of the file are shared out too.
  /// Where there are as many spans as ranks, the examples of a span stay together: a rank then
  /// reads its own spans alone.
  init(ofSpans spans: [Int], _ ranks: Ranks) {
    self.ranks = ranks
    owners = Self.owners(ofSpans: spans, ranks: ranks.count)
    own = spans.indices.filter { [owners] in owners[$0] == ranks.rank }
  }

  /// The rank of each example, for any number of ranks.
  static func owners(ofSpans spans: [Int], ranks: Int) -> [Int] {
    var counts: [Int: Int] = [:]
    for span in spans { counts[span, default: 0] += 1 }
    guard ranks > 1, counts.count >= ranks else { return spans.indices.map { $0 % ranks } }
    var (found, loads) = ([Int: Int](), [Int](repeating: 0, count: ranks))
    for (span, examples) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      let rank = loads.indices.min { loads[$0] < loads[$1] } ?? 0
      found[span] = rank
      loads[rank] += examples
    }
    return spans.map { found[$0] ?? 0 }
  }

  /// The values of all examples, in their order.
  ///
  /// - Parameter values: of this rank's examples.
  func gather<Value: BitwiseCopyable>(_ values: [Value]) -> [Value] {
    ordered(ranks.gather(values).flatMap(\.self))
  }

  /// The same of values that are lists.
  func gather<Value: BitwiseCopyable>(lists: [[Value]]) -> [[Value]] {
    ordered(ranks.gather(lists: lists))
  }

  /// Values in the order of the examples, from one rank after the other.
  private func ordered<Value>(_ values: [Value]) -> [Value] {
    guard ranks.count > 1 else { return values }
    var next = [Int](repeating: 0, count: ranks.count)
    for owner in owners where owner + 1 < ranks.count { next[owner + 1] += 1 }
    for rank in next.indices.dropFirst() { next[rank] += next[rank - 1] }
    return owners.map { owner in
      defer { next[owner] += 1 }
      return values[next[owner]]
    }
  }
}
