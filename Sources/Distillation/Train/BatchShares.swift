/// The examples of a batch that each rank computes: about as many tokens for each, so that all end
/// together.
enum BatchShares {
  /// Shares out a batch. It begins with the examples that each rank keeps, and moves examples from
  /// the rank with the most tokens to that with the fewest while the difference becomes smaller:
  /// each move costs a message.
  ///
  /// - Parameters:
  ///   - batch: indices of examples.
  ///   - tokens: the tokens of each example.
  ///   - owner: the rank that keeps an example.
  ///   - ranks: the number of ranks.
  /// - Returns: the examples of every rank, of which some may have none.
  static func shares(
    of batch: [Int], tokens: (Int) -> Int, owner: (Int) -> Int, ranks: Int
  ) -> [[Int]] {
    var shares = [[Int]](repeating: [], count: ranks)
    for example in batch { shares[owner(example)].append(example) }
    var loads = shares.map { $0.reduce(0) { $0 + tokens($1) } }
    while let heaviest = loads.indices.max(by: { loads[$0] < loads[$1] }),
      let lightest = loads.indices.min(by: { loads[$0] < loads[$1] })
    {
      let difference = loads[heaviest] - loads[lightest]
      // The sum of squares falls with every move, so this ends.
      let movable = shares[heaviest].filter { tokens($0) < difference }
      func distance(_ example: Int) -> Int { abs(2 * tokens(example) - difference) }
      guard let moved = movable.min(by: { distance($0) < distance($1) }) else { break }
      shares[heaviest].removeAll { $0 == moved }
      shares[lightest].append(moved)
      loads[heaviest] -= tokens(moved)
      loads[lightest] += tokens(moved)
    }
    // In the order of the batch, whatever was moved.
    return shares.map { share in batch.filter(Set(share).contains) }
  }

  /// The most tokens and response tokens of a rank's share of a step: at the end of `shares` no
  /// rank has more than the mean and one example.
  static func most(
    of examples: [Example], batchSize: Int, ranks: Int
  ) -> (tokens: Int, responses: Int) {
    func sum(_ counts: [Int]) -> Int { counts.sorted(by: >).prefix(batchSize).reduce(0, +) }
    let (lengths, all) = (examples.map(\.inputs.count), sum(examples.map(\.inputs.count)))
    let responses = sum(examples.map(\.responseRows))
    guard ranks > 1, batchSize > 0 else { return (all, responses) }
    let tokens = min(all, all / ranks + 1 + (lengths.max() ?? 0))
    return (tokens, min(responses, tokens))
  }
}
