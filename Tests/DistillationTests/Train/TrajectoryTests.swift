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
  /// Forty optimiser steps on a real trained model against the same steps in PyTorch, float64.
  @Suite(.enabled(if: SharedReference.isPresent, SharedReference.reason))
  struct TrajectoryTests {
    /// The reference's numbers: `distill` of stories260K.json and its tensors.
    struct Reference {
      let context: [Int]
      let query: [Int]
      let losses: [Double]
      let start: [Float]
      let after: [Int: [Float]]

      init() throws {
        let json = try JSONNode(
          contentsOf: SharedReference.url("golden/stories260K.json"))
        let distill: JSONNode = try json.required("distill")
        context = try distill.required("context_ids")
        query = try distill.required("query_ids")
        losses = try distill.required("losses")
        let tensors = try SafetensorsFile(
          contentsOf: SharedReference.url("golden/stories260K.safetensors"))
        start = try tensors.floats(of: "distill.prompt_init", shape: nil)
        var after: [Int: [Float]] = [:]
        for step in [1, 10, 40] {
          after[step] = try tensors.floats(of: "distill.prompt_after_\(step)", shape: nil)
        }
        self.after = after
      }
    }

    static let kinds: [TeacherCacheKind] = [.logits, .hidden, .projected]

    @Test(arguments: TestDevice.all, kinds)
    func fortyStepsFollowPyTorch(on deviceName: TestDevice, kind: TeacherCacheKind) throws {
      let reference = try Reference()
      let run = try Self.train(
        reference, on: deviceName, kind: kind, steps: 41, keeping: Set(reference.after.keys))
      #expect(run.losses.count == reference.losses.count)
      for (step, (loss, expected)) in zip(run.losses, reference.losses).enumerated() {
        #expect(abs(loss - expected) / expected < 1e-3, "loss before step \(step + 1)")
      }
      #expect(reference.after.count == 3)
      for (step, expected) in reference.after {
        let found = try #require(run.prompts[step])
        let moved = zip(expected, reference.start).map { abs($0 - $1) }.max() ?? 0
        let error = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
        // Cached logits are of 16 bits.
        #expect(error < (kind == .logits ? 1e-3 : 1e-4) * moved, "prompt after step \(step)")
      }
    }

    @Test(arguments: TestDevice.all) func runsRepeatBitForBit(on deviceName: TestDevice) throws {
      let reference = try Reference()
      let first = try Self.train(reference, on: deviceName, kind: .projected, steps: 12)
      let second = try Self.train(reference, on: deviceName, kind: .projected, steps: 12)
      #expect(first.prompts == second.prompts)
      #expect(first.losses == second.losses)
    }

    /// Every position of the query has loss: its first token is the prompt, the rest the response,
    /// and the response's last token, which predicts nothing, is arbitrary.
    ///
    /// - Returns: the loss before each step, and the prompt after the last and those of `keeping`.
    static func train(
      _ reference: Reference, on deviceName: TestDevice, kind: TeacherCacheKind, steps: Int,
      keeping kept: Set<Int> = []
    ) throws -> (losses: [Double], prompts: [Int: [Float]]) {
      let device = try deviceName.open()
      let folder = try ModelFolder(at: SharedReference.url("models/stories260K"))
      let decoder = try Decoder.load(folder, on: device, precision: .f32)
      let example = Example(
        prompt: [reference.query[0]], response: Array(reference.query[1...]) + [0])
      let teacher = try decoder.prefill(
        Prefix(.context(reference.context)), capacity: PrefixCapacity(rows: 64))
      let cache = try teacher.score([example], kind: kind, temperature: 1)
      let distiller = try Distiller(
        decoder, teacher: cache,
        prompt: LearnedPrompt(embeddings: reference.start, width: decoder.configuration.hiddenSize),
        in: Frame(), batchSize: 1,
        objective: .forwardKL, optimizer: .adamW(), clipNorm: nil)
      var prompts: [Int: [Float]] = [:]
      for step in 1...steps {
        let allocations = device.allocations
        try distiller.step(step, examples: [0], learningRate: 0.02)
        #expect(
          step == 1 || device.allocations == allocations, "a step allocates nothing after the first"
        )
        if step == steps || kept.contains(step) {
          prompts[step] = try distiller.snapshot().prompt.values
        }
      }
      return (try distiller.takeReports().map(\.loss), prompts)
    }
  }
}
