import Compute
import Distillation
import Foundation
import HuggingFace
import Inference
import TestSupport
import Testing
import Transformer

extension DeviceTests {
  /// Prompts by attention matching, on golden models.
  @Suite struct MatchedStartTests {
    typealias Shared = FamilyDistillationTests

    /// Plain RoPE, interleaved RoPE, sliding windows, soft caps, query/key norm, learned positions,
    /// and LongRoPE.
    static let families = [
      "llama", "cohere", "gemma3_text", "gemma2", "qwen3", "gpt2", "phi3-longrope",
    ]

    /// A model that has read the context.
    private struct Run {
      let decoder: Decoder
      let teacher: PrefixedDecoder
      let prefix = Prefix(Shared.frame, .context(Shared.context))

      init(_ family: String, on device: Device) throws {
        let folder = URL(fileURLWithPath: #filePath)
          .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
          .appending(path: "Golden/families/\(family)")
        decoder = try Decoder.load(ModelFolder(at: folder), on: device, precision: .f32)
        teacher = try decoder.prefill(prefix, capacity: PrefixCapacity(rows: 64))
      }

      func prompt(count: Int, seed: UInt64 = 1) throws -> LearnedPrompt {
        let rows = prefix.rows + Shared.example.inputs.count
        return try MatchedStart(decoder, parts: [prefix], frame: Shared.frame, seed: seed).prompt(
          count: count, examples: [[Shared.example]], isLong: decoder.isLong(rows)
        ) { _ in teacher }
      }

      /// The logits of the example's rows after a body.
      func logits(_ body: Prefix.Body) throws -> [Float] {
        try decoder.logits(of: Shared.example.inputs, after: Prefix(Shared.frame, body))
      }

      /// Mean KL(teacher || student) over the example's response.
      func divergence(_ prompt: LearnedPrompt) throws -> Double {
        let judge = try Judge.scoring([Shared.example], by: teacher)
        return try judge.compare(
          decoder.prefill(
            Prefix(Shared.frame, .prompt(prompt)), capacity: PrefixCapacity(rows: 64))
        ).kl
      }
    }

    /// As many rows as the context has tokens are the context's own.
    @Test(arguments: TestDevice.all)
    func allTokensGiveTheContextsOutputs(on name: TestDevice) throws {
      let device = try name.open()
      for family in Self.families {
        let run = try Run(family, on: device)
        let found = try run.logits(.prompt(run.prompt(count: Shared.context.count)))
        let expected = try run.logits(.context(Shared.context))
        #expect(
          relativeError(found, expected.map(Double.init)) < Tolerance.model.rawValue,
          "\(family)")
      }
    }

    /// The match of few rows is nearer than the first rows of the context, where keys can move.
    @Test(arguments: ["llama", "cohere", "gemma2", "qwen3"])
    func fewRowsAreNearerThanTheFirst(family: String) throws {
      let run = try Run(family, on: TestDevice.cpu.open())
      let first = Shared.frame.header.count
      let matched = try run.divergence(run.prompt(count: 11))
      let plain = try run.divergence(run.teacher.keysValues(of: first..<(first + 11)))
      #expect(matched < 0.75 * plain, "\(family): \(matched), \(plain)")
    }

    @Test func aSeedGivesTheSameBits() throws {
      let device = try TestDevice.cpu.open()
      let prompt = try Run("llama", on: device).prompt(count: 6)
      #expect(try Run("llama", on: device).prompt(count: 6) == prompt)
    }

    /// The host solves the problems of every device, whose queries differ in their last digits.
    @Test(arguments: TestDevice.all)
    func devicesAgree(on name: TestDevice) throws {
      let expected = try Run("llama", on: TestDevice.cpu.open()).prompt(count: 6)
      let found = try Run("llama", on: name.open()).prompt(count: 6)
      for tensor in expected.form.tensors {
        #expect(
          relativeError(found[tensor], expected[tensor].map(Double.init)) < 1e-3, "\(tensor.name)")
      }
    }
  }
}
