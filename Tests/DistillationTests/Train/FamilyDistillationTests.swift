import Compute
import Distillation
import Foundation
import HuggingFace
import Inference
import TestSupport
import Testing
import Transformer

extension DeviceTests {
  /// Training on models that scale their inputs, soft-cap their logits, or rotate a long context by
  /// other angles than a short prompt: loss, gradient and verdict follow from `Decoder.logits`,
  /// which other tests compare with transformers. A device's loss follows from its own logits, and
  /// its gradient from differences of those of the CPU path, which take it less time.
  @Suite struct FamilyDistillationTests {
    static let frame = Frame(header: [7], closing: [9, 11])
    static let context = (0..<44).map { ($0 * 37 + 5) % 101 }
    static let example = Example(prompt: [3, 80, 41, 6, 22], response: [17, 2, 64, 33])

    /// Family, kind of the teacher's cache, and temperature.
    static let cases: [(String, TeacherCacheKind, Float)] = [
      ("gemma2", .hidden, 1), ("gemma2", .logits, 2), ("granite", .hidden, 2),
      ("granite", .projected, 1), ("granite", .projected, 2), ("granite", .logits, 1),
      ("gemma3_text", .projected, 1), ("phi3-longrope", .projected, 1), ("gpt_neox", .hidden, 1),
    ]

    /// One device for all cases, since a device compiles or loads each program once.
    @Test(arguments: TestDevice.all)
    func lossAndGradientFollowFromTheLogits(on name: TestDevice) throws {
      let device = try name.open()
      for setting in Self.cases { try checkLossAndGradient(setting, on: device) }
    }

    private func checkLossAndGradient(
      _ setting: (family: String, kind: TeacherCacheKind, temperature: Float), on device: Device
    ) throws {
      let comment = Comment(rawValue: "\(setting)")
      let run = try Run(setting.family, on: device)
      let teacher = try run.decoder.prefill(
        Prefix(Self.frame, .context(Self.context)), capacity: PrefixCapacity(rows: 32))
      let cache = try teacher.score(
        [Self.example], kind: setting.kind, temperature: setting.temperature)
      let distiller = try Distiller(
        run.decoder, teacher: cache,
        prompt: run.prompt, in: Self.frame, batchSize: 1,
        objective: Objective(.forwardKL, temperature: setting.temperature), optimizer: .sgd(),
        clipNorm: nil)
      try distiller.step(1, examples: [0], learningRate: 0)
      let loss = try #require(try distiller.takeReports().first).loss
      let expected = try run.divergence(of: run.start, temperature: setting.temperature)
      let tolerance: Tolerance = setting.kind == .logits ? .halfLogits : .model
      #expect(abs(loss - expected) / expected < tolerance.rawValue, comment)
      let reference = device.isCPU ? run : try Run(setting.family, on: TestDevice.cpu.open())
      let same = try reference.divergence(of: run.start, temperature: setting.temperature)
      #expect(abs(same - expected) / expected < Tolerance.model.rawValue, comment)

      let gradient = try run.decoder.device.download(distiller.parameters.gradient)
      var generator = SeededGenerator(seed: 9)
      let direction = generator.floats(run.start.count)
      // Small relative to the prompt, whose size differs from family to family, so that the loss is
      // linear over it.
      let squares = run.start.reduce(0) { $0 + $1 * $1 }
      let reach = 3e-3 * (squares / Float(run.start.count)).squareRoot()
      let around = try [reach, -reach].map { reach in
        try reference.divergence(
          of: zip(run.start, direction).map { $0 + reach * $1 }, temperature: setting.temperature)
      }
      let slope = (around[0] - around[1]) / Double(2 * reach)
      let found = zip(gradient, direction).reduce(0) { $0 + Double($1.0 * $1.1) }
      // Two losses in f32, whose difference is the slope times twice the step.
      #expect(abs(found - slope) < 1e-2 * max(abs(slope), 0.1), comment)
    }

    @Test(arguments: ["gemma2", "granite", "phi3-longrope"])
    func verdictFollowsFromTheLogits(family: String) throws {
      let run = try Run(family, on: TestDevice.cpu.open())
      let teacher = try run.decoder.prefill(
        Prefix(Self.frame, .context(Self.context)), capacity: PrefixCapacity(rows: 32))
      let judge = try Judge.scoring([Self.example], by: teacher)
      let student = try run.decoder.prefill(
        Prefix(Self.frame, .prompt(run.prompt)),
        capacity: PrefixCapacity(rows: 32, responseRows: 32))
      let expected = try run.divergence(of: run.start, temperature: 1)
      let found = try judge.compare(student).kl
      #expect(abs(found - expected) / expected < Tolerance.model.rawValue)
      #expect(try abs(judge.compare(teacher).kl) < 1e-6)
    }

    /// A golden model, an initial soft prompt, and its logits.
    struct Run {
      let decoder: Decoder
      /// [3, E].
      let start: [Float]
      var prompt: LearnedPrompt {
        LearnedPrompt(embeddings: start, width: decoder.configuration.hiddenSize)
      }
      private let teacherLogits: ArraySlice<Float>

      init(_ family: String, on device: Device) throws {
        let folder = URL(fileURLWithPath: #filePath)
          .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
          .appending(path: "Golden/families/\(family)")
        decoder = try Decoder.load(ModelFolder(at: folder), on: device, precision: .f32)
        start = try Self.inputs(decoder, [50, 12, 77])
        let text = frame.header + context + frame.closing + example.inputs
        teacherLogits = try decoder.logits(of: text).suffix(
          example.responseRows * decoder.configuration.vocabularySize)
      }

      /// Mean KL(teacher || student) over the response's tokens at a temperature, in nats.
      func divergence(of prompt: [Float], temperature: Float) throws -> Double {
        let size = decoder.configuration.vocabularySize
        let virtualTokens = LearnedPrompt(
          embeddings: try Self.inputs(decoder, frame.header) + prompt
            + Self.inputs(decoder, frame.closing), width: decoder.configuration.hiddenSize)
        let student = try decoder.logits(
          of: example.inputs, after: Prefix(.prompt(virtualTokens))
        ).suffix(teacherLogits.count)
        var total = 0.0
        for row in 0..<example.responseRows {
          let p = logProbabilities(teacherLogits.dropFirst(row * size).prefix(size), temperature)
          let q = logProbabilities(student.dropFirst(row * size).prefix(size), temperature)
          total += zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
        }
        return total / Double(example.responseRows)
      }

      private static func inputs(_ decoder: Decoder, _ identifiers: [Int]) throws -> [Float] {
        let tokens = try decoder.device.rowIndices(identifiers.map(Int32.init))
        var rows = try decoder.device.buffer(
          of: Float.self, count: identifiers.count * decoder.configuration.hiddenSize)
        try decoder.embed(tokens, count: identifiers.count, into: &rows)
        return try decoder.device.download(rows)
      }
    }
  }
}

/// log(softmax(logits / temperature)) in Double.
func logProbabilities(_ logits: ArraySlice<Float>, _ temperature: Float) -> [Double] {
  let scaled = logits.map { Double($0) / Double(temperature) }
  let largest = scaled.max() ?? 0
  let total = largest + log(scaled.reduce(0) { $0 + exp($1 - largest) })
  return scaled.map { $0 - total }
}
