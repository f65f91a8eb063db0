import Compute
import Foundation
import HuggingFace
import Safetensors
import TestSupport
import Testing
import Transformer

extension DeviceTests {
  /// Logits, loss and gradients against transformers in float64, on every device, family and weight type.
  @Suite(.enabled(if: SharedReference.isPresent, SharedReference.reason))
  struct GoldenTests {
    @Test(arguments: TestDevice.all, GoldenModel.names)
    func logitsAndGradientsMatchTransformers(on deviceName: TestDevice, name: String) throws {
      let device = try deviceName.open()
      for model in try GoldenModel.all(name) {
        let precisions: [WeightPrecision] =
          model.prefix.isEmpty || device.isCPU
          ? [.f32] : [.f32, model.prefix == "bf16." ? .bf16 : .f16]
        for precision in precisions {
          let decoder = try Decoder(model.folder, on: device, precision: precision)
          let place = Comment(
            rawValue: "\(model.folder.url.lastPathComponent) as \(precision)")
          try checkWholeSequences(model, decoder, place)
          try checkSoftPrompt(model, decoder, place)
          try checkTokenRows(model, decoder, place)
        }
      }
    }

    /// Two sequences, no prefix, gradients of every input.
    private func checkWholeSequences(
      _ model: GoldenModel, _ decoder: Decoder, _ place: Comment
    ) throws {
      // Rounded weights have rounded embeddings, so inputs come from the model's own table.
      let inputs = try decoder.device.downloadRows(
        model.identifiers.flatMap(\.self), of: decoder.embedding)
      let half = inputs.count / 2
      let found = try OpenLoss(decoder: decoder).run(
        prefix: [], inputs: [Array(inputs[..<half]), Array(inputs[half...])],
        teacherLogits: try model.common("teacher_logits"))
      let logits = try model.floats("logits").map(Double.init)
      #expect(relativeError(found.logits, logits) < Tolerance.model.rawValue, place)
      let loss = try model.scalar("loss")
      #expect(abs(found.loss - loss) / loss < Tolerance.model.rawValue, place)
      let gradient = try model.floats("grad_inputs_embeds").map(Double.init)
      #expect(relativeError(found.gradient, gradient) < Tolerance.model.rawValue, place)
    }

    /// The shared prefix is eight free embeddings.
    private func checkSoftPrompt(
      _ model: GoldenModel, _ decoder: Decoder, _ place: Comment
    ) throws {
      let inputs = try decoder.device.downloadRows(
        model.identifiers[0], of: decoder.embedding)
      let teacher = try model.common("teacher_logits")
      let found = try OpenLoss(decoder: decoder).run(
        prefix: try model.common("prompt_embeds"),
        inputs: [inputs],
        teacherLogits: Array(teacher[..<(teacher.count / 2)]))
      let logits = try model.floats("sp_logits").map(Double.init)
      #expect(relativeError(found.logits, logits) < Tolerance.model.rawValue, place)
      let loss = try model.scalar("sp_loss")
      #expect(abs(found.loss - loss) / loss < Tolerance.model.rawValue, place)
      let gradient = try model.floats("sp_grad_prompt").map(Double.init)
      #expect(relativeError(found.gradient, gradient) < Tolerance.model.rawValue, place)
    }

    /// From token ids, without and with virtual tokens before them, and the greedy continuation.
    private func checkTokenRows(
      _ model: GoldenModel, _ decoder: Decoder, _ place: Comment
    ) throws {
      let identifiers = try model.identifiers
      let logits = try model.floats("logits").map(Double.init)
      let plain = try decoder.logits(of: identifiers[0])
      #expect(
        relativeError(plain, Array(logits[..<plain.count])) < Tolerance.model.rawValue, place)
      let virtual = try decoder.logits(
        of: identifiers[0], virtualTokens: try model.common("prompt_embeds"))
      let expected = try model.floats("sp_logits").map(Double.init)
      #expect(relativeError(virtual, expected) < Tolerance.model.rawValue, place)
      guard model.prefix.isEmpty else { return }
      let greedy = try model.reference.integers(of: "greedy_ids", shape: nil).map { Int($0) }
      // One prompt behind the other's prefix, and the same prompt with its first half as the prefix.
      for split in [0, 11] {
        let prefixed = try PrefixedDecoder(
          decoder,
          prefix: Prefix(header: Array(identifiers[0][..<split]), body: .nothing, closing: []),
          room: 64, responseRows: 64, chunk: 7)
        let answers = try prefixed.generate(
          [Array(identifiers[0][split...])],
          options: GenerationOptions(maximumTokens: greedy.count))
        #expect(answers == [greedy], place)
      }
    }
  }
}

extension GoldenModel {
  func scalar(_ name: String) throws -> Double {
    Double(try floats(name)[0])
  }
}
