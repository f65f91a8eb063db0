import Distillation
import Testing

/// Examples that are held out.
@Suite struct DatasetSplitTests {
  private func data(_ count: Int) -> Dataset {
    Dataset(
      examples: (0..<count).map { Example(prompt: [$0], response: nil, line: $0, file: "") })
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

  @Test func oneExampleCannotBeSplit() {
    expectError(
      "--validation: expected a file, or two examples at least to hold one out, found 1"
    ) { try data(1).split(validationFraction: 0.5, seed: 1) }
  }
}
