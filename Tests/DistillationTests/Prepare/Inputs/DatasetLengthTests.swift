import Distillation
import Testing

@Suite struct DatasetLengthTests {
  private func data(_ response: [Int]?) -> Dataset {
    Dataset(examples: [
      InputExample(prompt: [1], response: [2], line: 1, file: "inputs.jsonl"),
      InputExample(prompt: [1, 2, 3], response: response, line: 2, file: "inputs.jsonl"),
    ])
  }

  @Test func examplesThatFitPass() {
    #expect(throws: Never.self) {
      try data([1, 2]).checkLengths(responseTokens: 9, positions: 10) { _ in 5 }
    }
    #expect(throws: Never.self) {
      try data(nil).checkLengths(responseTokens: 2, positions: 10) { _ in 5 }
    }
  }

  @Test func onePositionIsNoPlural() {
    expectError(
      "inputs.jsonl:1: expected context, prompt and response to fit the model's 1 position, found 0 + 1 + "
        + "1 tokens"
    ) { try data([1]).checkLengths(responseTokens: 1, positions: 1) { _ in 0 } }
  }

  @Test func longExamplesAreRefusedWithTheirLine() {
    expectError(
      "inputs.jsonl:2: expected context, prompt and response to fit the model's 10 positions, "
        + "found 5 + 3 + 3 tokens"
    ) { try data([1, 2, 3]).checkLengths(responseTokens: 1, positions: 10) { _ in 5 } }
    expectError(
      "inputs.jsonl:2: expected context, prompt and response to fit the model's 10 positions, "
        + "found 5 + 3 + 4 tokens"
    ) { try data(nil).checkLengths(responseTokens: 4, positions: 10) { _ in 5 } }
    expectError(
      "inputs.jsonl:2: expected context, prompt and response to fit the model's 10 positions, "
        + "found 5 + 3 + \(Int.max) tokens"
    ) { try data(nil).checkLengths(responseTokens: Int.max, positions: 10) { _ in 5 } }
  }
}
