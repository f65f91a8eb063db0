import Testing

@testable import Distillation

/// The records of held-out answers.
@Suite struct VerdictAnswersTests {
  private func answers(_ prompts: [[Int]]) -> VerdictAnswers {
    VerdictAnswers(
      prompts: prompts, responses: [[1, 2, 3], [4]], fullContext: [[1, 2, 3], [4]],
      learnedPrompt: .init(
        answers: [[1, 2, 5], [4]], kl: [0.75, 0.5], agreements: [[true, true, false], [true]]),
      noContext: .init(
        answers: [[9], [9]], kl: [6, 1], agreements: [[true, false, false], [false]]))
  }

  private func text(_ identifiers: [Int]) -> String {
    identifiers.map(String.init).joined(separator: " ")
  }

  @Test func whatTheContextDecidesIsKeptOrForgotten() throws {
    let records = try answers([[7, 1, 8], [7, 2, 8]]).records { text($0) }
    #expect(records.map(\.decided) == [[1, 2], [0]])
    #expect(records.map(\.forgotten) == [[2], []])
    #expect(records.map(\.kl) == [0.25, 0.5])
    #expect(records.map(\.isReached) == [false, true])
  }

  /// A chat template's tokens around every prompt say nothing about one of them.
  @Test func sharedEndsOfPromptsAreLeftOut() throws {
    func prompts(_ prompts: [[Int]]) throws -> [String] {
      try answers(prompts).records { text($0) }.map(\.prompt)
    }
    #expect(try prompts([[7, 6, 1, 2, 8], [7, 6, 3, 8]]) == ["1 2", "3"])
    #expect(try prompts([[1, 2], [1, 2]]) == ["1 2", "1 2"])
    // One of them would be empty.
    #expect(try prompts([[1, 2], [1, 5, 2]]) == ["1 2", "1 5 2"])
  }
}
