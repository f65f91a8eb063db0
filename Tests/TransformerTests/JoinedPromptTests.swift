import Compute
import HuggingFace
import Inference
import TestSupport
import Testing
import Transformer

extension DeviceTests {
  /// Several learned prompts in one prefix, against the logits of the whole text, which
  /// `FamilyGoldenTests` compares with transformers: each part of a context is a prompt of its
  /// tokens' embeddings, or of the keys and values that the whole text has there.
  @Suite struct JoinedPromptTests {
    typealias Shared = KeyValuePromptTests

    /// Rows of the parts of the context.
    static let parts = [0..<12, 12..<19, 19..<30]

    @Test(arguments: Shared.families) func partsGiveTheLogitsOfTheWhole(family: String) throws {
      try check(family, on: TestDevice.cpu.open())
    }

    @Test(arguments: TestDevice.all.filter { $0 != .cpu })
    func partsGiveTheLogitsOfTheWhole(on name: TestDevice) throws {
      let device = try name.open()
      for family in ["llama", "gemma3_text", "gpt2", "phi3-longrope"] {
        try check(family, on: device)
      }
    }

    private func check(_ family: String, on device: Device) throws {
      let decoder = try Decoder.load(
        ModelFolder(at: GoldenModel.families.appending(path: family)), on: device,
        precision: .f32)
      let frame = Frame(header: Shared.header, closing: Shared.closing)
      let whole = Prefix(frame, .context(Shared.context))
      let capacity = PrefixCapacity(rows: Shared.text.count)
      let model = try decoder.prefill(whole, capacity: capacity)
      let expected = try logits(model).map(Double.init)
      let first = frame.header.count
      let keysValues = try Self.parts.map {
        try model.keysValues(of: ($0.lowerBound + first)..<($0.upperBound + first))
      }
      let embeddings = try Self.parts.map { part in
        LearnedPrompt(
          embeddings: try inputs(decoder, Array(Shared.context[part])),
          width: decoder.configuration.hiddenSize)
      }
      // Bit i says whether part i is keys and values.
      for forms in 0..<8 {
        let prompts = Self.parts.indices.map {
          forms >> $0 & 1 == 1 ? keysValues[$0] : embeddings[$0]
        }
        let prefix = Prefix(frame, joining: prompts)
        #expect(prefix.rows == whole.rows && prefix.learnedRange == first..<(first + 30))
        // A chunk may begin in any of the parts.
        for chunk in [512, 5] {
          let joined = try decoder.prefill(prefix, capacity: capacity, chunk: chunk)
          #expect(
            relativeError(try logits(joined), expected) < Tolerance.model.rawValue,
            "\(family), forms \(forms), chunk \(chunk)")
        }
      }
      // The order counts.
      let swapped = Prefix(frame, joining: embeddings.reversed())
      let other = try logits(decoder.prefill(swapped, capacity: capacity))
      #expect(relativeError(other, expected) > Tolerance.model.rawValue, Comment(rawValue: family))
    }

    private func logits(_ model: PrefixedDecoder) throws -> [Float] {
      var found: [Float] = []
      try model.run([(Shared.text, Shared.text.count)]) { _, states, rows throws(ComputeError) in
        found = try model.decoder.downloadLogits(of: states, rows: rows)
      }
      return found
    }

    private func inputs(_ decoder: Decoder, _ identifiers: [Int]) throws -> [Float] {
      let tokens = try decoder.device.rowIndices(identifiers.map(Int32.init))
      var rows = try decoder.device.buffer(
        of: Float.self, count: identifiers.count * decoder.configuration.hiddenSize)
      try decoder.embed(tokens, count: identifiers.count, into: &rows)
      return try decoder.device.download(rows)
    }
  }
}
