import Compute
import Distillation
import Foundation
import HuggingFace
import Inference
import TestSupport
import Testing
import Transformer

extension DeviceTests {
  /// Training of keys and values: loss and gradient follow from `Decoder.logits` after the same
  /// prompt, which other tests compare with transformers. A device's loss follows from its own
  /// logits, and its gradient from differences of those of the CPU path, which take it less time.
  @Suite struct KeyValueDistillationTests {
    typealias Shared = FamilyDistillationTests

    /// Plain, sliding windows (of 8 rows, which the prompt partly leaves), query/key norm, parallel
    /// blocks, learned positions, partial RoPE, and scaled inputs with soft caps.
    static let families = [
      "llama", "mistral", "gemma3_text", "qwen3", "cohere", "stablelm-parallel", "gpt2", "gemma2",
      "granite", "phi3-longrope",
    ]

    @Test(arguments: TestDevice.all)
    func lossAndGradientFollowFromTheLogits(on name: TestDevice) throws {
      let device = try name.open()
      for family in Self.families {
        for closing in [Shared.frame.closing, []] {
          try check(family, Frame(header: Shared.frame.header, closing: closing), on: device)
        }
      }
      try check("llama", Frame(closing: [9]), on: device)
    }

    private func check(_ family: String, _ frame: Frame, on device: Device) throws {
      let comment = Comment(rawValue: "\(family), \(frame)")
      let run = try Run(family, frame, on: device)
      let distiller = try run.distiller()
      try distiller.step(1, examples: [0, 1], learningRate: 0)
      let loss = try #require(try distiller.takeReports().first).loss
      let expected = try run.divergence(of: run.start)
      #expect(abs(loss - expected) / expected < Tolerance.model.rawValue, comment)
      let reference = device.isCPU ? run : try Run(family, frame, on: TestDevice.cpu.open())
      let same = try reference.divergence(of: run.start)
      #expect(abs(same - expected) / expected < Tolerance.model.rawValue, comment)
      let gradient = try distiller.parameters.downloadGradient()

      // Along keys, along values, and along the bottom layer's and the top layer's of both.
      let form = run.start.form
      let layers = run.decoder.configuration.layerCount
      let perLayer = form.tensors[0].range.count / layers
      let directions: [(Int) -> Bool] = [
        { form.tensors[0].range.contains($0) }, { form.tensors[1].range.contains($0) },
        { $0 / perLayer % layers == 0 }, { $0 / perLayer % layers == layers - 1 },
      ]
      var generator = SeededGenerator(seed: 9)
      for (number, contains) in directions.enumerated() {
        let direction = generator.floats(run.start.values.count).enumerated()
          .map { contains($0.offset) ? $0.element : 0 }
        let squares = run.start.values.reduce(0) { $0 + $1 * $1 }
        let reach = 5e-3 * (squares / Float(run.start.values.count)).squareRoot()
        let around = try [reach, -reach].map { reach in
          var moved = run.start
          moved.values = zip(run.start.values, direction).map { $0 + reach * $1 }
          return try reference.divergence(of: moved)
        }
        let slope = (around[0] - around[1]) / Double(2 * reach)
        let found = zip(gradient, direction).reduce(0) { $0 + Double($1.0 * $1.1) }
        // Two losses in f32, whose difference is the slope times twice the step.
        #expect(
          abs(found - slope) < 1e-2 * max(abs(slope), 0.1), "\(comment), direction \(number)")
      }
    }

    /// The header's rows stay in the cache; an evaluation overwrites them.
    @Test func anEvaluationBetweenStepsChangesNothing() throws {
      let run = try Run("gemma3_text", Shared.frame, on: TestDevice.cpu.open())
      func train(evaluating: Bool) throws -> LearnedPrompt {
        let distiller = try run.distiller()
        let judge = try run.judge()
        for step in 1...6 {
          try distiller.step(step, examples: [step % 2], learningRate: 0.01)
          if evaluating { _ = try distiller.evaluate(judge) }
        }
        return try distiller.snapshot().prompt
      }
      let plain = try train(evaluating: false)
      #expect(try train(evaluating: true) == plain)
      #expect(plain != run.start)
    }

    /// An evaluation reads the prompt's present rows.
    @Test(arguments: ["llama", "phi3-longrope"])
    func anEvaluationHasTheStepsLoss(family: String) throws {
      let run = try Run(family, Shared.frame, on: TestDevice.cpu.open())
      let distiller = try run.distiller()
      let judge = try run.judge()
      try distiller.step(1, examples: [0, 1], learningRate: 0.01)
      let evaluated = try distiller.evaluate(judge).kl
      try distiller.step(2, examples: [0, 1], learningRate: 0.01)
      let losses = try distiller.takeReports().map(\.loss)
      #expect(losses[1] < losses[0])
      #expect(abs(evaluated / losses[1] - 1) < Tolerance.model.rawValue)
    }

    /// A golden model whose prompt of keys and values is the first rows of the context.
    struct Run {
      /// A short text and a long one, which LongRoPE rotates by other angles.
      static let examples = [
        Shared.example,
        Example(prompt: (0..<36).map { ($0 * 29 + 11) % 101 }, response: [8, 70, 12, 55, 31]),
      ]
      let decoder: Decoder
      let frame: Frame
      let start: LearnedPrompt
      private let teacher: PrefixedDecoder
      private let teacherLogits: [[Float]]

      init(_ family: String, _ frame: Frame, on device: Device) throws {
        let folder = URL(fileURLWithPath: #filePath)
          .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
          .appending(path: "Golden/families/\(family)")
        decoder = try Decoder.load(ModelFolder(at: folder), on: device, precision: .f32)
        self.frame = frame
        let whole = Prefix(frame, .context(Shared.context))
        teacher = try decoder.prefill(whole, capacity: PrefixCapacity(rows: 64))
        let first = frame.header.count
        start = try teacher.keysValues(of: first..<(first + 5))
        teacherLogits = try Self.examples.map { [decoder] example in
          let text = whole.tokens + example.inputs
          return try decoder.logits(of: text).suffix(
            example.responseRows * decoder.configuration.vocabularySize)
        }
      }

      func distiller() throws -> Distiller {
        try Distiller(
          decoder, teacher: teacher.score(Self.examples, kind: .hidden, temperature: 1),
          prompt: start, in: frame, batchSize: 2, objective: .forwardKL, optimizer: .adamW(),
          clipNorm: nil, evaluated: Self.examples)
      }

      func judge() throws -> Judge { try Judge.scoring(Self.examples, by: teacher) }

      /// Mean KL(teacher || student) over the responses' tokens, in nats.
      func divergence(of prompt: LearnedPrompt) throws -> Double {
        let size = decoder.configuration.vocabularySize
        var (total, rows) = (0.0, 0)
        for (example, teacher) in zip(Self.examples, teacherLogits) {
          let student = try decoder.logits(
            of: example.inputs, after: Prefix(frame, .prompt(prompt))
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
