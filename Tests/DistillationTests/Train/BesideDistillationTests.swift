import Compute
import Distillation
import Foundation
import HuggingFace
import Inference
import TestSupport
import Testing
import Transformer

extension DeviceTests {
  /// Training of a prompt behind other prompts, which stay as they are: loss and gradient follow
  /// from `Decoder.logits` after all of them, which `JoinedPromptTests` compares with those of the
  /// whole text. A device's loss follows from its own logits, and its gradient from differences of
  /// those of the CPU path, which take it less time.
  @Suite struct BesideDistillationTests {
    typealias Shared = FamilyDistillationTests

    /// Plain, sliding windows, learned positions, scaled inputs with soft caps, parallel blocks,
    /// and two sets of rotary frequencies.
    static let families = ["llama", "gemma3_text", "gpt2", "gemma2", "cohere", "phi3-longrope"]

    @Test(arguments: TestDevice.all)
    func lossAndGradientFollowFromTheLogits(on name: TestDevice) throws {
      let device = try name.open()
      let families = name == .cpu ? Self.families : ["llama", "gemma3_text", "phi3-longrope"]
      for family in families {
        for isKeysValues in [false, true] {
          for others in [[false], [true], [true, false]] {
            let run = try Run(family, isKeysValues: isKeysValues, others: others, on: device)
            let reference =
              name == .cpu
              ? run
              : try Run(
                family, isKeysValues: isKeysValues, others: others, on: TestDevice.cpu.open())
            try check(
              run, reference, "\(family), kv \(isKeysValues), others kv \(others), \(name)")
          }
        }
      }
    }

    private func check(_ run: Run, _ reference: Run, _ comment: Comment) throws {
      let distiller = try run.distiller()
      try distiller.step(1, examples: [0, 1], learningRate: 0)
      let loss = try #require(try distiller.takeReports().first).loss
      let expected = try run.divergence(of: run.start)
      #expect(abs(loss - expected) / expected < Tolerance.model.rawValue, comment)
      let same = try reference.divergence(of: run.start)
      #expect(abs(same - expected) / expected < Tolerance.model.rawValue, comment)
      let gradient = try distiller.parameters.downloadGradient()
      var generator = SeededGenerator(seed: 9)
      let squares = run.start.values.reduce(0) { $0 + $1 * $1 }
      let reach = 5e-3 * (squares / Float(run.start.values.count)).squareRoot()
      for tensor in run.start.form.tensors {
        let direction = generator.floats(run.start.values.count).enumerated()
          .map { tensor.range.contains($0.offset) ? $0.element : 0 }
        let around = try [reach, -reach].map { reach in
          var moved = run.start
          moved.values = zip(run.start.values, direction).map { $0 + reach * $1 }
          return try reference.divergence(of: moved)
        }
        let slope = (around[0] - around[1]) / Double(2 * reach)
        let found = zip(gradient, direction).reduce(0) { $0 + Double($1.0 * $1.1) }
        // Two losses in f32, whose difference is the slope times twice the step.
        #expect(
          abs(found - slope) < 1e-2 * max(abs(slope), 0.1), "\(comment), \(tensor.name): \(slope)")
      }
    }

    /// The rows before a step's own stay in the cache; an evaluation overwrites them, and has the
    /// loss of the step after it.
    @Test(arguments: [false, true])
    func anEvaluationBetweenStepsChangesNothing(isKeysValues: Bool) throws {
      let run = try Run(
        "gemma3_text", isKeysValues: isKeysValues, others: [true, false], on: TestDevice.cpu.open())
      func train(evaluating: Bool) throws -> LearnedPrompt {
        let distiller = try run.distiller()
        let judge = try run.judge()
        for step in 1...6 {
          let evaluated = evaluating ? try distiller.evaluate(judge).kl : nil
          try distiller.step(step, examples: [0, 1], learningRate: 0.01)
          let loss = try #require(try distiller.takeReports().first).loss
          if let evaluated { #expect(abs(evaluated / loss - 1) < Tolerance.model.rawValue) }
        }
        return try distiller.snapshot().prompt
      }
      let plain = try train(evaluating: false)
      #expect(try train(evaluating: true) == plain)
      #expect(plain != run.start)
    }

    /// A golden model whose prompts are rows of the context: of its embeddings, or of its keys and
    /// values at their positions.
    struct Run {
      let decoder: Decoder
      let start: LearnedPrompt
      private let others: [LearnedPrompt]
      private let teacher: PrefixedDecoder
      private let teacherLogits: [[Float]]
      private static let (otherRows, rows) = (6, 5)
      private static let examples = KeyValueDistillationTests.Run.examples

      init(
        _ family: String, isKeysValues: Bool, others forms: [Bool], on device: Device
      ) throws {
        let folder = URL(fileURLWithPath: #filePath)
          .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
          .appending(path: "Golden/families/\(family)")
        let decoder = try Decoder.load(ModelFolder(at: folder), on: device, precision: .f32)
        self.decoder = decoder
        let whole = Prefix(Shared.frame, .context(Shared.context))
        let teacher = try decoder.prefill(whole, capacity: PrefixCapacity(rows: 64))
        self.teacher = teacher
        func prompt(_ isKeysValues: Bool, _ rows: Range<Int>) throws -> LearnedPrompt {
          let first = Shared.frame.header.count
          guard !isKeysValues else {
            return try teacher.keysValues(of: (first + rows.lowerBound)..<(first + rows.upperBound))
          }
          let tokens = try device.rowIndices(Shared.context[rows].map(Int32.init))
          var values = try device.buffer(
            of: Float.self, count: rows.count * decoder.configuration.hiddenSize)
          try decoder.embed(tokens, count: rows.count, into: &values)
          return LearnedPrompt(
            embeddings: try device.download(values), width: decoder.configuration.hiddenSize)
        }
        others = try forms.enumerated().map { index, form in
          try prompt(form, (index * Self.otherRows)..<((index + 1) * Self.otherRows))
        }
        let first = forms.count * Self.otherRows
        start = try prompt(isKeysValues, first..<(first + Self.rows))
        teacherLogits = try Self.examples.map { example in
          try decoder.logits(of: whole.tokens + example.inputs).suffix(
            example.responseRows * decoder.configuration.vocabularySize)
        }
      }

      func distiller() throws -> Distiller {
        try Distiller(
          decoder, teacher: teacher.score(Self.examples, kind: .hidden, temperature: 1),
          prompt: start, in: Shared.frame, beside: others, batchSize: 2, objective: .forwardKL,
          optimizer: .adamW(), clipNorm: nil, evaluated: Self.examples)
      }

      func judge() throws -> Judge { try Judge.scoring(Self.examples, by: teacher) }

      /// Mean KL(teacher || student) over the responses' tokens, in nats.
      func divergence(of prompt: LearnedPrompt) throws -> Double {
        let size = decoder.configuration.vocabularySize
        var (total, rows) = (0.0, 0)
        for (example, teacher) in zip(Self.examples, teacherLogits) {
          let student = try decoder.logits(
            of: example.inputs, after: Prefix(Shared.frame, others: others, .prompt(prompt))
          ).suffix(teacher.count)
          for row in 0..<example.responseRows {
            let p = logProbabilities(teacher.dropFirst(row * size).prefix(size), 1)
            let q = logProbabilities(student.dropFirst(row * size).prefix(size), 1)
            total += zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
          }
          rows += example.responseRows
        }
        return total / Double(rows)
      }
    }
  }
}
