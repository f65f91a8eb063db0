import Compute
import Distillation
import HuggingFace
import Inference
import TestSupport
import Testing
import Transformer

extension DeviceTests {
  /// LongRoPE selects its factors by the length of each text: a batch of short and long examples
  /// trains as each of them by itself, and as evaluation reads them.
  @Suite struct LongBatchTests {
    typealias Shared = FamilyDistillationTests
    /// Texts of up to 40 tokens are short. After header, 3 rows of the prompt and closing, the
    /// first and the last of these are short, and the second is long.
    static let examples = [
      Shared.example,
      Example(
        prompt: (0..<36).map { ($0 * 29 + 11) % 101 }, response: [8, 70, 12, 55, 31]),
      Example(prompt: [90, 4], response: [21, 77]),
    ]

    private func distiller(
      _ run: Shared.Run, _ examples: [Example]
    ) throws -> Distiller {
      try Distiller(
        run.decoder, teacher: teacher(run).score(examples, kind: .projected, temperature: 1),
        prompt: run.prompt, in: Shared.frame, batchSize: examples.count,
        objective: Objective(.forwardKL), optimizer: .sgd(),
        clipNorm: nil)
    }

    private func teacher(_ run: Shared.Run) throws -> PrefixedDecoder {
      try run.decoder.prefill(
        Prefix(Shared.frame, .context(Shared.context)), capacity: PrefixCapacity(rows: 64))
    }

    /// Loss and gradient of a batch of all of these examples.
    private func step(
      _ distiller: Distiller, _ chosen: [Int]
    ) throws -> (loss: Double, gradient: [Float]) {
      try distiller.step(1, examples: chosen, learningRate: 0)
      let report = try #require(try distiller.takeReports().first)
      let gradient = try distiller.decoder.device.download(distiller.parameters.gradient)
      let norm = gradient.reduce(0) { $0 + Double($1 * $1) }.squareRoot()
      #expect(abs(report.gradientNorm / norm - 1) < 1e-5)
      return (report.loss, gradient)
    }

    @Test(arguments: TestDevice.all)
    func aMixedBatchIsTheMeanOfItsExamples(on name: TestDevice) throws {
      let run = try Shared.Run("phi3-longrope", on: name.open())
      let distiller = try distiller(run, Self.examples)
      let alone = try Self.examples.indices.map { try step(distiller, [$0]) }
      let weights = Self.examples.map { Double($0.responseRows) }
      let total = weights.reduce(0, +)
      let mixed = try step(distiller, [0, 1, 2])
      let loss = zip(weights, alone).reduce(0) { $0 + $1.0 * $1.1.loss } / total
      #expect(abs(mixed.loss / loss - 1) < Tolerance.model.rawValue)
      let gradient = mixed.gradient.indices.map { index in
        zip(weights, alone).reduce(0) { $0 + $1.0 * Double($1.1.gradient[index]) } / total
      }
      #expect(relativeError(mixed.gradient, gradient) < Tolerance.model.rawValue)

      let judge = try Judge.scoring(Self.examples, by: teacher(run))
      let student = try run.decoder.prefill(
        Prefix(Shared.frame, .prompt(run.prompt)),
        capacity: PrefixCapacity(rows: 64))
      #expect(abs(try judge.compare(student).kl / loss - 1) < Tolerance.model.rawValue)
    }

    @Test func shortExamplesTrainWithOrWithoutALongOneInTheData() throws {
      let run = try Shared.Run("phi3-longrope", on: TestDevice.cpu.open())
      let short = [Self.examples[0], Self.examples[2]]
      let without = try step(distiller(run, short), [0, 1])
      let with = try step(distiller(run, Self.examples), [0, 2])
      // Other examples in the batch change the rounding of the teacher's states.
      #expect(abs(without.loss / with.loss - 1) < Tolerance.model.rawValue)
      let expected = without.gradient.map(Double.init)
      #expect(relativeError(with.gradient, expected) < Tolerance.model.rawValue)
    }
  }
}
