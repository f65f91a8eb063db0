import Compute
import HuggingFace
import Inference
import TestSupport
import Testing
import Transformer

extension DeviceTests {
  /// Keys and values as a prompt, against the logits of the whole text, which `FamilyGoldenTests`
  /// compares with transformers.
  @Suite struct KeyValuePromptTests {
    static let header = [7, 3]
    static let closing = [9, 11, 60]
    static let context = (0..<30).map { ($0 * 37 + 5) % 101 }
    static let text = [3, 80, 41, 6, 22, 17, 2, 64]
    static let answerTokens = 6

    /// Golden models: every kind of RoPE, window, query/key norm and residual form is among them.
    static let families = GoldenModel.familyNames

    @Test(arguments: families)
    func aContextsOwnRowsGiveItsLogits(family: String) throws {
      try check(family, on: TestDevice.cpu.open())
    }

    @Test(
      .enabled(if: TestDevice.openCL != nil, "needs an OpenCL device such as PoCL"),
      arguments: TestDevice.all.filter { $0 != .cpu })
    func kernelsTakeThemToo(on name: TestDevice) throws {
      let device = try name.open()
      for family in ["llama", "gemma3_text", "qwen3", "cohere2", "gpt2", "phi3-longrope"] {
        try check(family, on: device)
      }
    }

    private func check(_ family: String, on device: Device) throws {
      let decoder = try Decoder.load(
        ModelFolder(at: GoldenModel.families.appending(path: family)), on: device,
        precision: .f32)
      let frame = Frame(header: Self.header, closing: Self.closing)
      let whole = Prefix(frame, .context(Self.context))
      let capacity = PrefixCapacity(rows: Self.text.count + Self.answerTokens)
      let comment = Comment(rawValue: family)
      let model = try decoder.prefill(whole, capacity: capacity)
      // With LongRoPE the text makes it a long one, so the prefix is prefilled anew.
      let expected = try logits(model)
      let rows = Self.header.count..<(Self.header.count + Self.context.count)
      let prompt = try model.keysValues(of: rows)
      #expect(prompt.form == decoder.configuration.keysValues(count: rows.count), comment)
      let width = decoder.configuration.heads.keyValueWidth
      #expect(prompt.keys(ofLayer: 1).count == rows.count * width, comment)

      // The closing is computed behind the prompt's rows, in several chunks.
      let student = try decoder.prefill(
        Prefix(frame, .prompt(prompt)), capacity: capacity, chunk: 2)
      #expect(student.prefixRows == whole.rows)
      let found = try logits(student)
      #expect(relativeError(found, expected.map(Double.init)) < Tolerance.model.rawValue, comment)

      // All rows as a prompt: no row of the prefix is computed.
      let all = try model.keysValues(of: 0..<whole.rows)
      let frozen = try decoder.prefill(Prefix(.prompt(all)), capacity: capacity)
      #expect(
        relativeError(try logits(frozen), expected.map(Double.init)) < Tolerance.model.rawValue,
        comment)
      #expect(try frozen.keysValues(of: 0..<whole.rows) == all, comment)
      let answers = try [model, student, frozen].map {
        try $0.generate([Self.text], options: GenerationOptions(maximumTokens: Self.answerTokens))
      }
      #expect(answers[1] == answers[0] && answers[2] == answers[0], comment)
    }

    private func logits(_ model: PrefixedDecoder) throws -> [Float] {
      var found: [Float] = []
      try model.run([(Self.text, Self.text.count)]) { _, states, rows throws(ComputeError) in
        found = try model.decoder.downloadLogits(of: states, rows: rows)
      }
      return found
    }
  }
}
