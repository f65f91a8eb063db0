import Distillation
import Testing

/// Held-out examples.
@Suite struct DatasetSplitTests {
  private func data(_ count: Int) -> Dataset {
    Dataset(
      examples: (0..<count).map { InputExample(prompt: [$0], response: nil, line: $0, file: "") })
  }

  @Test(arguments: [(10, 0.2, 2), (10, 0.01, 1), (3, 0.99, 2), (2, 0.5, 1)])
  func splittingKeepsEveryExampleOnce(count: Int, fraction: Double, held: Int) throws {
    let (training, validation) = try data(count).split(validationFraction: fraction, seed: 1)
    #expect(validation.examples.count == held)
    let lines = (training.examples + validation.examples).map(\.line)
    #expect(lines.sorted() == Array(0..<count))
    #expect(training.examples.map(\.line) == training.examples.map(\.line).sorted())
  }

  @Test func splittingFollowsTheSeed() throws {
    let data = data(100)
    let first = try data.split(validationFraction: 0.1, seed: 1)
    #expect(try first == data.split(validationFraction: 0.1, seed: 1))
    #expect(try first.validation != data.split(validationFraction: 0.1, seed: 2).validation)
  }

  @Test(arguments: 0..<8)
  func examplesOfOnePromptStayTogether(seed: UInt64) throws {
    var data = data(12)
    for index in data.examples.indices { data.examples[index].prompt = [index % 5] }
    let (training, validation) = try data.split(validationFraction: 0.4, seed: seed)
    let (trained, held) = (
      Set(training.examples.map(\.prompt)), Set(validation.examples.map(\.prompt))
    )
    #expect(trained.isDisjoint(with: held))
    #expect((trained.count, held.count) == (3, 2))
    #expect(training.examples.count + validation.examples.count == 12)
    // A run of the time when every example was chosen by itself keeps its split.
    let earlier = try data.split(validationFraction: 0.25, seed: seed, reading: .earlier)
    #expect(earlier.validation.examples.count == 3)
  }

  @Test func onePromptCannotBeSplit() {
    var data = data(3)
    for index in data.examples.indices { data.examples[index].prompt = [7] }
    expectError(
      "validation: expected a file, or two different prompts at least to hold one out, found 1"
    ) { try data.split(validationFraction: 0.5, seed: 1) }
  }

  @Test func oneExampleCannotBeSplit() {
    expectError(
      "validation: expected a file, or two examples at least to hold one out, found 1"
    ) { try data(1).split(validationFraction: 0.5, seed: 1) }
  }
}
