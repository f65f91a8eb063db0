import Compute
import Distillation
import Foundation
import HuggingFace
import Inference
import Safetensors
import TestSupport
import Testing
import Transformer

extension DeviceTests {
  /// Gradients of the cross-entropy of given responses, alone and mixed with the KL to a teacher,
  /// and forty steps of training on each, against PEFT's prompt tuning in PyTorch, float64
  /// (`Tests/Golden/supervised`).
  @Suite struct SupervisedTrajectoryTests {
    static let closing = [9, 11]
    static let examples = KeyValueDistillationTests.Run.examples
    static let share: Float = 0.25

    /// The numbers of one training.
    struct Reference {
      let gradient: [Double]
      let after: [Float]
      let losses: [Double]

      init(_ file: SafetensorsFile, _ prefix: String) throws {
        gradient = try file.floats(of: "\(prefix)gradient").map(Double.init)
        after = try file.floats(of: "\(prefix)prompt_40")
        losses = try file.floats(of: "\(prefix)losses", shape: [41]).map(Double.init)
      }
    }

    /// One of them caps its logits.
    @Test(arguments: TestDevice.all, ["llama", "gemma2"])
    func fortyStepsFollowPEFT(on name: TestDevice, family: String) throws {
      let golden = CartridgeTrajectoryTests.golden
      let file = try SafetensorsFile(
        contentsOf: golden.appending(path: "supervised/\(family).safetensors"))
      let decoder = try Decoder.load(
        ModelFolder(at: golden.appending(path: "families/\(family)")), on: name.open(),
        precision: .f32)
      let given = try TeacherCache(
        of: Self.examples, for: decoder, kind: .tokens, temperature: 1)
      try check(family, file, "", decoder, given)

      let teacher = try decoder.prefill(
        Prefix(Frame(closing: Self.closing), .context(FamilyDistillationTests.context)),
        capacity: PrefixCapacity(rows: 64))
      let kinds = TeacherCacheKind.ofModels.filter {
        $0 != .projected || decoder.configuration.logitShape.softCap == nil
      }
      for kind in kinds {
        let mixed = try teacher.score(
          Self.examples, kind: kind, temperature: 1, targetShare: Self.share)
        try check(family, file, "mixed_", decoder, mixed)
      }
    }

    private func check(
      _ family: String, _ file: SafetensorsFile, _ prefix: String, _ decoder: Decoder,
      _ cache: TeacherCache
    ) throws {
      let comment = Comment(rawValue: "\(family) \(prefix)\(cache.rows.kind)")
      // Logits in 16 bits.
      let isRough = cache.rows.kind == .logits
      let reference = try Reference(file, prefix)
      let start = try file.floats(of: "start")
      let distiller = try Distiller(
        decoder, teacher: cache,
        prompt: LearnedPrompt(embeddings: start, width: decoder.configuration.hiddenSize),
        in: Frame(closing: Self.closing), batchSize: 2, objective: .forwardKL,
        optimizer: .adamW(), clipNorm: nil)
      for step in 1...40 {
        try distiller.step(step, examples: [0, 1], learningRate: 0.05)
        guard step == 1 else { continue }
        let error = relativeError(
          try distiller.parameters.downloadGradient(), reference.gradient)
        let tolerance = isRough ? Tolerance.halfLogits : Tolerance.model
        #expect(error < tolerance.rawValue, comment)
      }
      let found = try distiller.snapshot().prompt.values
      try distiller.step(41, examples: [0, 1], learningRate: 0)
      let losses = try distiller.takeReports().map(\.loss)
      #expect(losses.count == reference.losses.count)
      // The KL to a mixture differs from both losses in these shares by what does not depend on the
      // prompt: the same in every step.
      let constant = prefix.isEmpty ? 0 : reference.losses[0] - losses[0]
      for (loss, expected) in zip(losses, reference.losses) {
        #expect(abs(loss + constant - expected) < 1e-3 * expected, comment)
      }
      let moved = zip(start, reference.after).map { abs($0 - $1) }.max() ?? 0
      let error = zip(found, reference.after).map { abs($0 - $1) }.max() ?? .infinity
      #expect(error < (isRough ? 5e-2 : 1e-2) * moved, "\(comment): \(error / moved)")
    }
  }
}
