import Compute
import HuggingFace
import Inference
import TestSupport
import Testing
import Transformer

extension DeviceTests {
  /// A text that grows turn by turn, against the logits of whole texts, which `FamilyGoldenTests`
  /// compares with transformers.
  @Suite struct GrowingTextTests {
    private func decoder(_ family: String, on device: Device) throws -> (Decoder, texts: [[Int]]) {
      let folder = try TemporaryFolder()
      let golden = try GoldenModel.family(family, config: "config.json", in: folder)
      return (
        try Decoder.load(golden.folder, on: device, precision: .f32), try golden.identifiers
      )
    }

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

    /// The answer of one turn.
    private func answer(_ text: GrowingText, count: Int) throws -> [Int] {
      var found: [Int] = []
      while found.count < count {
        if let next = try text.advance() { found.append(next) }
      }
      return found
    }

    /// One of them has sliding windows, and of one the text becomes long in the second turn.
    static let families = ["llama", "gemma3_text", "phi3-longrope"]

    @Test(arguments: TestDevice.all, families)
    func turnsGiveTheTokensOfTheWholeText(on name: TestDevice, family: String) throws {
      let (decoder, texts) = try decoder(family, on: name.open())
      let prefix = Array(texts[0][..<6])
      // A run takes five rows, so messages are read in pieces.
      let model = try decoder.prefill(
        Prefix(Frame(header: prefix), .nothing),
        capacity: PrefixCapacity(rows: 100, runRows: 5, responseRows: 1))
      let text = try GrowingText(model, temperature: 0, seed: 0)
      var whole = Array(texts[0][6..<18])
      for message in [[], Array(texts[1][..<9]), Array(texts[1][9..<12])] {
        whole += message
        try text.begin(whole)
        let found = try answer(text, count: 8)
        #expect(found == (try greedy(decoder, after: prefix + whole, count: 8)), "\(family)")
        whole += found
        #expect(text.tokens == whole)
        #expect(text.readCount == whole.count - 1)
      }
    }

    @Test func aTurnReadsWhatIsNewAlone() throws {
      let (decoder, texts) = try decoder("llama", on: TestDevice.cpu.open())
      let model = try decoder.prefill(
        Prefix(.nothing), capacity: PrefixCapacity(rows: 60, runRows: 4, responseRows: 1))
      let text = try GrowingText(model, temperature: 0, seed: 0)
      var whole = Array(texts[0][..<10])
      try text.begin(whole)
      whole += try answer(text, count: 3)
      // The last token of the answer has not been read.
      whole += texts[1][..<2]
      try text.begin(whole)
      #expect(text.readCount == 12)
      #expect(try text.advance() != nil)
      // A text that differs is read from the first difference on.
      var other = whole
      other[7] = (other[7] + 1) % decoder.configuration.vocabularySize
      try text.begin(other)
      #expect(text.readCount == 7)
      #expect(
        try answer(text, count: 4) == (try greedy(decoder, after: other, count: 4)))
      // The last row of a text that was read is computed again for its logits.
      try text.begin(other)
      #expect(text.readCount == other.count - 1)
    }

    @Test func samplingRepeatsByItsSeed() throws {
      let (decoder, texts) = try decoder("llama", on: TestDevice.cpu.open())
      func sampled(_ seed: UInt64) throws -> [[Int]] {
        let model = try decoder.prefill(
          Prefix(.nothing), capacity: PrefixCapacity(rows: 90, responseRows: 1))
        let text = try GrowingText(model, temperature: 1.5, seed: seed)
        return try (0..<2).map { _ in
          try text.begin(texts[0])
          return try answer(text, count: 12)
        }
      }
      let first = try sampled(1)
      #expect(first == (try sampled(1)))
      #expect(first[0] != first[1], "turns draw other numbers")
      #expect(first != (try sampled(2)))
    }

    @Test func aTextBeyondTheCapacityIsRefused() throws {
      let (decoder, texts) = try decoder("llama", on: TestDevice.cpu.open())
      let model = try decoder.prefill(
        Prefix(.nothing), capacity: PrefixCapacity(rows: 20, responseRows: 1))
      let text = try GrowingText(model, temperature: 0, seed: 0)
      #expect(throws: TransformerError.self) { try text.begin(texts[0]) }
      try text.begin(Array(texts[0][..<20]))
      #expect(try text.advance() != nil)
    }
  }
}
