import HuggingFace
import Inference
import TestSupport
import Testing
import Transformer

extension DeviceTests {
  /// Keys that are rotated to other positions. In the bottom layer a key depends on its token and
  /// its position alone, so it must be the key that is computed there.
  @Suite struct KeyRotationTests {
    /// Half-split and interleaved RoPE, of whole and of partial heads, with a factor of cosine and
    /// sine, with norms of keys, and with two sets of frequencies.
    static let families = [
      "llama", "stablelm", "cohere", "glm", "qwen3-yarn", "gemma3_text", "phi3-longrope",
      "gpt_neox",
    ]
    static let text = (0..<12).map { ($0 * 37 + 5) % 101 }

    /// The keys of the text behind `before` other tokens.
    private func keys(
      _ decoder: Decoder, after before: Int
    ) throws -> (prompt: LearnedPrompt, positions: KeyPositions) {
      let header = (0..<before).map { ($0 * 29 + 11) % 101 }
      let model = try decoder.prefill(
        Prefix(Frame(header: header), .context(Self.text)), capacity: PrefixCapacity(rows: 1))
      let rows = before..<(before + Self.text.count)
      return (
        try model.keysValues(of: rows), KeyPositions(Array(rows), isLong: model.isLongPrefix)
      )
    }

    @Test(arguments: families) func arriveAsIfComputedThere(family: String) throws {
      let decoder = try Decoder.load(
        ModelFolder(at: GoldenModel.families.appending(path: family)),
        on: TestDevice.cpu.open(), precision: .f32)
      // phi3-longrope rotates the text behind 31 tokens by other angles than behind 2.
      let (near, far) = (try keys(decoder, after: 2), try keys(decoder, after: 31))
      #expect(family != "phi3-longrope" || (far.positions.isLong && !near.positions.isLong))
      for (from, to) in [(near, far), (far, near)] {
        let found = from.prompt.rotated(
          from: from.positions, to: to.positions, in: decoder.configuration)
        let expected = to.prompt.keys(ofLayer: 0).map(Double.init)
        #expect(relativeError(Array(found.keys(ofLayer: 0)), expected) < 1e-5)
        #expect(relativeError(Array(from.prompt.keys(ofLayer: 0)), expected) > 1e-2)
        #expect(found.values(ofLayer: 0) == from.prompt.values(ofLayer: 0))
      }
    }

    @Test func rowsAreJoinedInAllLayers() {
      let parts = [1, 2].map { count in
        LearnedPrompt(
          form: .keysValues(layers: 2, count: count, heads: 1, dimension: 2),
          values: (0..<(8 * count)).map { Float(100 * count + $0) })
      }
      let joined = LearnedPrompt(joining: parts)
      #expect(joined.form == .keysValues(layers: 2, count: 3, heads: 1, dimension: 2))
      #expect(joined.values.prefix(6) == [100, 101, 200, 201, 202, 203])
      #expect(joined.values.suffix(6) == [106, 107, 212, 213, 214, 215])
    }

    @Test func aPromptMovesAndComesBack() throws {
      let decoder = try Decoder.load(
        ModelFolder(at: GoldenModel.families.appending(path: "glm")),
        on: TestDevice.cpu.open(), precision: .f32)
      let (near, far) = (try keys(decoder, after: 2), try keys(decoder, after: 9))
      let moved = near.prompt.moved(from: 2, to: 9, in: decoder.configuration)
      let expected = far.prompt.keys(ofLayer: 0).map(Double.init)
      #expect(relativeError(Array(moved.keys(ofLayer: 0)), expected) < 1e-5)
      let back = moved.moved(from: 9, to: 2, in: decoder.configuration)
      #expect(relativeError(back.values, near.prompt.values.map(Double.init)) < 1e-5)
    }
  }
}
