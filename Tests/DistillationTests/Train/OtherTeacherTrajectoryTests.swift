import Compute
import Foundation
import HuggingFace
import Inference
import Safetensors
import TestSupport
import Testing
import Transformer

@testable import Distillation

extension DeviceTests {
  /// Gradients and forty steps of prompts that learn from another model, over the ids that both
  /// have, against PyTorch in float64 (`Tests/Golden/teacher`).
  @Suite struct OtherTeacherTrajectoryTests {
    /// The ids of the model with fewer of them.
    private static let shared = 101

    /// A student, its teacher, and the one that lacks the last rows of the vocabulary.
    struct Pair: Sendable {
      let student: String
      let teacher: String
      let narrowed: String
    }

    /// A wider teacher, and one with a student whose logits have a soft cap.
    private static let pairs = [
      Pair(student: "llama", teacher: "stablelm-parallel", narrowed: "stablelm-parallel"),
      Pair(student: "gemma2", teacher: "llama", narrowed: "gemma2"),
    ]
    private static let forms = [
      (DivergenceForm.forwardKL, ""), (.reverseKL, "reverse_"), (.jensenShannon, "js_"),
    ]

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A golden model, or its copy with the shared ids alone.
    private func model(_ name: String, of pair: Pair) throws -> ModelFolder {
      let golden = CartridgeTrajectoryTests.golden.appending(path: "families/\(name)")
      guard name == pair.narrowed else { return try ModelFolder(at: golden) }
      let config = try String(contentsOf: golden.appending(path: "config.json"), encoding: .utf8)
      let size = "\"vocab_size\": "
      try folder.write("\(name)/config.json", config.replacing("\(size)104", with: size + "101"))
      let file = try SafetensorsFile(contentsOf: golden.appending(path: "model.safetensors"))
      let copy = folder.url.appending(path: name)
      try SafetensorsWriter.write(
        file.tensors.values.map { tensor -> (name: String, shape: [Int], elements: [Float]) in
          var (shape, elements) = (tensor.shape, try file.floats(of: tensor.name))
          if tensor.name.hasSuffix("embed_tokens.weight") || tensor.name == "lm_head.weight" {
            shape[0] = Self.shared
            elements.removeLast(elements.count - Self.shared * shape[1])
          }
          return (tensor.name, shape, elements)
        }, to: copy.appending(path: "model.safetensors"))
      return try ModelFolder(at: copy)
    }

    @Test(arguments: TestDevice.all, pairs)
    func fortyStepsFollowPyTorch(on name: TestDevice, pair: Pair) throws {
      let device = try name.open()
      let (own, read) = (try model(pair.student, of: pair), try model(pair.teacher, of: pair))
      let other = try OtherTeacher(
        TeacherModel(folder: read, name: ModelName(pair.teacher)), for: own,
        DecoderConfiguration(config: own.config()))
      #expect(other.record.vocabulary == Self.shared)
      let student = try Decoder.load(own, on: device, precision: .f32)
      student.limitVocabulary(to: Self.shared)
      let teacher = try other.load(on: device, precision: .f32) { _ in }.prefill(
        Prefix(
          Frame(closing: SupervisedTrajectoryTests.closing),
          .context(FamilyDistillationTests.context)),
        capacity: PrefixCapacity(rows: 64))
      let file = try SafetensorsFile(
        contentsOf: CartridgeTrajectoryTests.golden
          .appending(path: "teacher/\(pair.student).safetensors"))
      for (form, prefix) in Self.forms {
        let isProjected =
          form == .forwardKL && student.configuration.logitShape.softCap == nil
        for kind in isProjected ? [TeacherCacheKind.logits, .projected] : [.logits] {
          let cache = try teacher.score(
            SupervisedTrajectoryTests.examples, kind: kind, temperature: 1, for: student)
          try check(
            Comment(rawValue: "\(pair.student) from \(pair.teacher), \(prefix)\(kind)"), file,
            prefix,
            Distiller(
              student, teacher: cache,
              prompt: LearnedPrompt(
                embeddings: file.floats(of: "start"), width: student.configuration.hiddenSize),
              in: Frame(closing: SupervisedTrajectoryTests.closing), batchSize: 2,
              objective: Objective(form), optimizer: .adamW(), clipNorm: nil))
        }
      }
    }

    /// Trains, and compares gradient, losses and prompt with those of the teacher as the cache
    /// holds it. Its rounding alone changes the last two by more than their tolerances, since AdamW
    /// divides a gradient by its size, but not the first loss.
    private func check(
      _ comment: Comment, _ file: SafetensorsFile, _ prefix: String, _ distiller: Distiller
    ) throws {
      let exact = try SupervisedTrajectoryTests.Reference(file, prefix)
      let isRounded = distiller.teacher.rows.kind == .logits
      let reference =
        isRounded ? try SupervisedTrajectoryTests.Reference(file, "half_\(prefix)") : exact
      let start = try file.floats(of: "start")
      for step in 1...40 {
        try distiller.step(step, examples: [0, 1], learningRate: 0.05)
        guard step == 1 else { continue }
        let found = try distiller.parameters.downloadGradient()
        #expect(relativeError(found, reference.gradient) < Tolerance.model.rawValue, comment)
        #expect(relativeError(found, exact.gradient) < Tolerance.halfLogits.rawValue, comment)
      }
      let found = try distiller.snapshot().prompt.values
      try distiller.step(41, examples: [0, 1], learningRate: 0)
      let losses = try distiller.takeReports().map(\.loss)
      #expect(losses.count == reference.losses.count)
      #expect(abs(losses[0] / exact.losses[0] - 1) < Tolerance.halfLogits.rawValue, comment)
      for (loss, expected) in zip(losses, reference.losses) {
        #expect(abs(loss - expected) < 1e-3 * expected, comment)
      }
      let moved = zip(start, reference.after).map { abs($0 - $1) }.max() ?? 0
      let error = zip(found, reference.after).map { abs($0 - $1) }.max() ?? .infinity
      #expect(error < 1e-2 * moved, "\(comment): \(error / moved)")
    }
  }
}
