import Testing

@testable import Distillation

/// How examples and batches are shared out over ranks.
@Suite struct BatchSharesTests {
  /// Lengths between 8 and 71 without an order.
  private static func tokens(_ example: Int) -> Int { 8 + example * 37 % 64 }

  @Test(arguments: [1, 2, 3, 8, 64]) func sharesAreEvenAndComplete(ranks: Int) {
    let owners = (0..<500).map { $0 % ranks }
    for start in stride(from: 0, to: 400, by: 7) {
      let batch = (0..<64).map { (start + $0 * 11) % 500 }
      let shares = BatchShares.shares(
        of: batch, tokens: Self.tokens, owner: { owners[$0] }, ranks: ranks)
      #expect(shares.count == ranks)
      #expect(shares.flatMap(\.self).sorted() == batch.sorted())
      let loads = shares.map { $0.reduce(0) { $0 + Self.tokens($1) } }
      let mean = Double(loads.reduce(0, +)) / Double(ranks)
      #expect(Double(loads.max() ?? 0) <= mean + 71)
      let examples = batch.map {
        Example(prompt: [Int](repeating: 1, count: Self.tokens($0) - 3), response: [1, 1, 1, 1])
      }
      let most = BatchShares.most(of: examples, batchSize: 64, ranks: ranks)
      #expect(loads.max() ?? 0 <= most.tokens)
      for (share, load) in zip(shares, loads) {
        #expect(4 * share.count <= most.responses || load <= most.responses)
      }
    }
  }

  /// A batch that is shared out evenly already stays where it is, in the order of the batch.
  @Test func evenBatchesStayWithTheirOwners() {
    let shares = BatchShares.shares(
      of: [5, 0, 3, 2], tokens: { _ in 9 }, owner: { $0 % 2 }, ranks: 2)
    #expect(shares == [[0, 2], [5, 3]])
  }

  @Test func fewerExamplesThanRanksLeaveRanksWithoutAny() {
    let shares = BatchShares.shares(of: [0], tokens: { _ in 9 }, owner: { _ in 0 }, ranks: 3)
    #expect(shares == [[0], [], []])
  }

  @Test func spansStayTogetherWhereThereAreAsManyAsRanks() {
    let spans = [0, 0, 0, 1, 1, 2, 2, 2, 2]
    #expect(ExampleShares.owners(ofSpans: spans, ranks: 2) == [1, 1, 1, 1, 1, 0, 0, 0, 0])
    #expect(ExampleShares.owners(ofSpans: [0, 0, 1], ranks: 3) == [0, 1, 2])
    #expect(ExampleShares.owners(ofSpans: spans, ranks: 1) == spans.map { _ in 0 })
  }
}
