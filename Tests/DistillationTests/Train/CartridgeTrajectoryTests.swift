import Compute
import Distillation
import Foundation
import HuggingFace
import Inference
import JSON
import Safetensors
import TestSupport
import Testing
import Transformer

extension DeviceTests {
  /// Gradients of keys and values, and forty steps of training them, against PyTorch in float64
  /// (`Tests/Golden/cartridges`).
  @Suite struct CartridgeTrajectoryTests {
    static let families = ["llama", "gemma3_text", "qwen3", "cohere"]
    static let golden = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Golden")
    static let rates = (keys: 0.02, values: 0.05)
    static let examples = KeyValueDistillationTests.Run.examples

    /// The numbers of one model.
    struct Reference {
      let form: PromptForm
      let start: [Float]
      let gradient: [Float]
      let after: [Float]
      let losses: [Double]

      init(_ family: String, _ configuration: DecoderConfiguration) throws {
        let file = try SafetensorsFile(
          contentsOf: golden.appending(path: "cartridges/\(family).safetensors"))
        let form = configuration.keysValues(count: 5)
        func both(_ name: (String) -> String) throws -> [Float] {
          try form.tensors.flatMap { try file.floats(of: name($0.name), shape: $0.shape) }
        }
        self.form = form
        start = try both { "start_\($0)" }
        gradient = try both { "gradient_\($0)" }
        after = try both { "\($0)_40" }
        losses = try file.floats(of: "losses", shape: [41]).map(Double.init)
      }
    }

    @Test(arguments: TestDevice.all)
    func fortyStepsFollowPyTorch(on name: TestDevice) throws {
      let device = try name.open()
      for family in Self.families { try check(family, on: device) }
    }

    private func check(_ family: String, on device: Device) throws {
      let comment = Comment(rawValue: family)
      let folder = Self.golden.appending(path: "families/\(family)")
      let decoder = try Decoder.load(ModelFolder(at: folder), on: device, precision: .f32)
      let reference = try Reference(family, decoder.configuration)
      let frame = FamilyDistillationTests.frame
      let teacher = try decoder.prefill(
        Prefix(frame, .context(FamilyDistillationTests.context)),
        capacity: PrefixCapacity(rows: 64))
      let first = frame.header.count
      let start = try teacher.keysValues(of: first..<(first + 5))
      #expect(start.form == reference.form, comment)
      #expect(
        relativeError(start.values, reference.start.map(Double.init)) < Tolerance.model.rawValue,
        comment)

      let distiller = try Distiller(
        decoder, teacher: teacher.score(Self.examples, kind: .hidden, temperature: 1),
        prompt: LearnedPrompt(form: reference.form, values: reference.start), in: frame,
        batchSize: 2, objective: .forwardKL, optimizer: .adamW(), clipNorm: nil,
        rateFactors: [Self.rates.keys / Self.rates.values, 1])
      for step in 1...40 {
        try distiller.step(step, examples: [0, 1], learningRate: Float(Self.rates.values))
        guard step == 1 else { continue }
        let gradient = try distiller.parameters.downloadGradient()
        for tensor in reference.form.tensors {
          let expected = reference.gradient[tensor.range].map(Double.init)
          #expect(
            relativeError(Array(gradient[tensor.range]), expected) < Tolerance.model.rawValue,
            "\(family), \(tensor.name)")
        }
      }
      let found = try distiller.snapshot().prompt.values
      try distiller.step(41, examples: [0, 1], learningRate: 0)
      let losses = try distiller.takeReports().map(\.loss)
      #expect(losses.count == reference.losses.count)
      for (loss, expected) in zip(losses, reference.losses) {
        #expect(abs(loss - expected) < 1e-3 * expected, comment)
      }
      for tensor in reference.form.tensors {
        let (before, after) = (reference.start[tensor.range], reference.after[tensor.range])
        let moved = zip(before, after).map { abs($0 - $1) }.max() ?? 0
        let error = zip(found[tensor.range], after).map { abs($0 - $1) }.max() ?? .infinity
        #expect(error < 1e-2 * moved, "\(family), \(tensor.name): \(error / moved)")
      }
    }
  }
}
