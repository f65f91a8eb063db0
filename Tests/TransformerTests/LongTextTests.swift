import Compute
import HuggingFace
import Inference
import TestSupport
import Testing
import Transformer

extension DeviceTests {
  /// Models that rotate long texts by other angles than short ones, where a text becomes long
  /// during generation, and where short and long ones share a prefix. The expected values are those
  /// of a whole text at once, which `FamilyGoldenTests` compares with transformers on either side
  /// of the boundary.
  @Suite struct LongTextTests {
    /// Texts of up to 40 tokens are short.
    static let model = "phi3-longrope"

    /// The tokens of highest logit after a text, each from all tokens before it.
    private func greedy(_ decoder: Decoder, after text: [Int], count: Int) throws -> [Int] {
      let size = decoder.configuration.vocabularySize
      var text = text
      for _ in 0..<count {
        let last = try decoder.logits(of: text).suffix(size)
        let best = try #require(last.indices.max { last[$0] < last[$1] })
        text.append(best - last.startIndex)
      }
      return Array(text.suffix(count))
    }

    @Test(arguments: TestDevice.all)
    func answersGrowOverTheBoundary(on name: TestDevice) throws {
      let folder = try TemporaryFolder()
      let golden = try GoldenModel.family(Self.model, config: "config.json", in: folder)
      let decoder = try Decoder.load(golden.folder, on: name.open(), precision: .f32)
      let texts = try golden.identifiers
      // The first becomes long, the second is long from its first token on, the third stays short.
      let prompts = [texts[0], texts[0] + texts[1], Array(texts[1][..<10])]
      let limits = [24, 6, 9]
      let expected = try zip(prompts, limits).map {
        try greedy(decoder, after: $0, count: $1)
      }
      for split in [0, 4] {
        let prefixed = try decoder.prefill(
          Prefix(Frame(header: Array(texts[0][..<split])), .nothing),
          capacity: PrefixCapacity(rows: 200, responseRows: 8))
        // The first two follow the prefix; the third has none.
        let chosen = split == 0 ? prompts : [Array(prompts[0][4...]), Array(prompts[1][4...])]
        let found = try prefixed.generate(
          chosen, options: GenerationOptions(maximumTokens: 0),
          limits: Array(limits.prefix(chosen.count)))
        #expect(found == Array(expected.prefix(chosen.count)), "split at \(split)")
      }
    }

    @Test func shortAndLongTextsShareAPrefix() throws {
      let folder = try TemporaryFolder()
      let golden = try GoldenModel.family(Self.model, config: "config.json", in: folder)
      let decoder = try Decoder.load(golden.folder, on: TestDevice.cpu.open(), precision: .f32)
      let texts = try golden.identifiers
      let prefix = Array(texts[0][..<8])
      let rests = [Array(texts[0][8...]), Array(texts[0][8...]) + texts[1], texts[1]]
      let prefixed = try decoder.prefill(
        Prefix(Frame(header: prefix), .nothing),
        capacity: PrefixCapacity(rows: 120, responseRows: 3))
      var found: [[Float]] = []
      try prefixed.run(rests.map { ($0, 1) }) { _, states, rows throws(ComputeError) in
        let size = decoder.configuration.vocabularySize
        let logits = try decoder.downloadLogits(of: states, rows: rows)
        found += (0..<rows).map { Array(logits[($0 * size)..<(($0 + 1) * size)]) }
      }
      #expect(found.count == rests.count)
      for (text, logits) in zip(rests, found) {
        let whole = try decoder.logits(of: prefix + text).suffix(logits.count)
        #expect(relativeError(logits, whole.map(Double.init)) < Tolerance.model.rawValue)
      }
    }
  }
}
