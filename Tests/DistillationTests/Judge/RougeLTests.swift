import TestSupport
import Testing

@testable import Distillation

/// The longest common subsequence of words.
@Suite struct RougeLTests {
  /// The length by its definition: the longest of all subsequences of `first` that `second` has.
  private func longest(_ first: [Int], _ second: [Int]) -> Int {
    var best = 0
    for chosen in 0..<(1 << first.count) {
      let part = first.indices.filter { chosen >> $0 & 1 == 1 }.map { first[$0] }
      var rest = second[...]
      let isFound = part.allSatisfy { word in
        guard let index = rest.firstIndex(of: word) else { return false }
        rest = rest[(index + 1)...]
        return true
      }
      if isFound { best = max(best, part.count) }
    }
    return best
  }

  @Test func theSubsequenceIsTheLongestOne() {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<200 {
      let sizes = (Int.random(in: 0...9, using: &random), Int.random(in: 0...9, using: &random))
      let first = (0..<sizes.0).map { _ in Int.random(in: 0..<4, using: &random) }
      let second = (0..<sizes.1).map { _ in Int.random(in: 0..<4, using: &random) }
      #expect(RougeL.commonSubsequence(first, second) == longest(first, second))
    }
  }

  @Test func valuesByHand() {
    // The example of Lin 2004: of four words each, "police the gunman" has two in order with the
    // reference and "police kill gunman" three.
    let reference = ["police", "killed", "the", "gunman"]
    #expect(RougeL.f1(["police", "kill", "the", "gunman"], reference) == 0.75)
    #expect(RougeL.f1(["the", "gunman", "kill", "police"], reference) == 0.5)
    #expect(RougeL.f1(reference, reference) == 1)
    #expect(RougeL.f1(["police"], reference) == 0.4)
    #expect(RougeL.f1([String](), reference) == 0)
    #expect(RougeL.f1([String](), []) == 1)
  }

  @Test func answersAreComparedUpToTheirEnd() {
    let limits = AnswerLimits(stopIdentifiers: [9], tokens: 6)
    #expect(limits.reference([1, 2, 9, 3]) == [1, 2, 9])
    #expect(limits.reference([1, 2]) == [1, 2])
    // An answer may be longer than a response that has an end, and not than another one.
    #expect(limits.limit([1, 2, 9]) == 6)
    #expect(limits.limit([1, 2]) == 2)
    #expect(limits.limit([1, 2, 3, 4, 5, 6, 9]) == 7)
    #expect(AnswerLimits().limit([1, 2, 9]) == 3)

    let scores = AnswerScores(
      [[1, 2, 3, 9], [1, 5, 3, 9], [4]], [[1, 2, 3, 9], [1, 2, 3, 9], [1, 2]],
      logLikelihood: [-2, -1, -3], words: { $0.filter { $0 != 9 }.map(String.init) },
      calls: { _ in [] })
    #expect(scores.isExact == [true, false, false])
    #expect(scores.prefixShare == [1, 0.25, 0])
    let twoThirds = 2.0 / 3
    #expect(scores.rougeL == [1, twoThirds, 0])
    let means = scores.means(tokens: [4, 4, 2])
    let third = 1.0 / 3
    #expect(means.exact == third)
    #expect(abs(means.prefixShare - 1.25 * third) < 1e-12)
    #expect(abs(means.rougeL - 5 * third * third) < 1e-12)
    #expect(means.logLikelihood == -0.6)
  }
}
