internal import Compute
internal import Ranks
internal import Transformer

extension TeacherCache {
  /// This rank's share of a batch. The teacher's values of examples that other ranks compute than
  /// keep them go there, for this step.
  func share(of batch: [Int], _ device: Device) throws(ComputeError) -> [Int] {
    let ranks = shares.ranks
    guard ranks.count > 1 else { return batch }
    let parts = BatchShares.shares(
      of: batch, tokens: { self[$0].inputs.count }, owner: owner, ranks: ranks.count)
    try lend(parts, device)
    return parts[ranks.rank]
  }

  /// Sends the rows of examples from the ranks that keep them to those that compute them.
  private func lend(_ parts: [[Int]], _ device: Device) throws(ComputeError) {
    let ranks = shares.ranks
    var moved: [(example: Int, from: Int, to: Int)] = []
    for (rank, part) in parts.enumerated() {
      moved += part.filter { owner(of: $0) != rank }.map { ($0, owner(of: $0), rank) }
    }
    guard !moved.isEmpty else { return }
    var sent: [UInt32] = []
    for move in moved where move.from == ranks.rank {
      sent += try rows.words(of: rows(of: move.example), device)
    }
    var received = ranks.gather(sent).map { $0[...] }
    var next = ownRows
    for move in moved {
      let count = self[move.example].responseRows
      let words = received[move.from].prefix(count * rows.wordsPerRow)
      received[move.from] = received[move.from].dropFirst(words.count)
      guard move.to == ranks.rank else { continue }
      try rows.store(
        Array(words), given: self[move.example].response.map { Int32($0) }, at: next, device)
      firstRow[move.example] = next
      next += count
    }
  }
}
