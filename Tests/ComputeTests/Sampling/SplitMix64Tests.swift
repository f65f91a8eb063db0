import Testing

@testable import Compute

@Suite struct SplitMix64Tests {
  /// The first numbers of the published algorithm for this seed.
  @Test func givesTheNumbersOfTheAlgorithm() {
    var random = SplitMix64(seed: 1_234_567)
    let numbers = (0..<5).map { _ in random.next() }
    #expect(
      numbers == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  @Test func permutesWithoutLoss() {
    var random = SplitMix64(seed: 7)
    let order = random.permutation(of: 100)
    #expect(order.sorted() == Array(0..<100))
    #expect(order != Array(0..<100))
  }

  @Test(arguments: [0, 1, 5, 20])
  func choosesDifferentNumbersInOrder(count: Int) {
    for seed in 0..<20 {
      var random = SplitMix64(seed: UInt64(seed))
      let chosen = random.subset(of: 20, count: count)
      #expect(chosen.count == count)
      #expect(chosen == Set(chosen).sorted())
      #expect(chosen.allSatisfy { (0..<20).contains($0) })
    }
  }

  @Test func choosesEveryNumberAboutEquallyOften() {
    var random = SplitMix64(seed: 3)
    var counts = [Int](repeating: 0, count: 10)
    for _ in 0..<10_000 {
      for number in random.subset(of: 10, count: 3) { counts[number] += 1 }
    }
    // 3,000 each, with a standard deviation of 46.
    #expect(counts.allSatisfy { abs($0 - 3000) < 250 })
  }

  @Test func normalNumbersHaveMeanZeroAndVarianceOne() {
    var random = SplitMix64(seed: 11)
    let numbers = (0..<20_000).map { _ in random.normal() }
    let mean = numbers.reduce(0, +) / 20_000
    let variance = numbers.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 20_000
    // Standard deviations of these: 0.007 and 0.01.
    #expect(abs(mean) < 0.035)
    #expect(abs(variance - 1) < 0.05)
  }

  @Test func streamsOfOneSeedDiffer() {
    var first = SplitMix64(seed: 5, stream: 1)
    var second = SplitMix64(seed: 5, stream: 2)
    #expect(first.next() != second.next())
  }
}
