import Compute
import Foundation
import HuggingFace
import Inference
import Safetensors
import TestSupport
import Testing
import Transformer

@testable import Distillation

/// Several adapters before every prompt.
@Suite struct AdapterGroupTests {
  private let folder: TemporaryFolder
  private let model: URL
  private static let header = [3, 4]
  private static let closing = [9]

  init() throws {
    folder = try TemporaryFolder()
    model = try TinyModel.write(in: folder)
  }

  private var configuration: DecoderConfiguration {
    get throws { try DecoderConfiguration(config: ModelFolder(at: model).config()) }
  }

  /// Token ids as the context, so that the recorded frame counts.
  private func conditioning() throws -> Conditioning {
    try Conditioning(
      .identifiers([1, 2, 3], file: "context.json"), folder: ModelFolder(at: model),
      template: TemplateChoice("auto"), vocabularySize: TinyTokenizer.vocabularySize)
  }

  /// Writes an adapter as a run does.
  private func write(
    _ name: String, _ prompt: LearnedPrompt, header: [Int] = header,
    more: [String: String] = [:]
  ) throws -> URL {
    let file = prompt.form.isKeysValues ? "cartridge.safetensors" : "soft_prompt.safetensors"
    let url = folder.url.appending(path: name)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    let metadata = [
      "template": "raw", "header_ids": "\(header)", "closing_ids": "\(Self.closing)",
      "input_reading": InputReading.present.rawValue,
    ]
    try SafetensorsWriter.write(
      prompt.form.tensors.map { ($0.name, $0.shape, prompt[$0]) },
      metadata: metadata.merging(more) { $1 }, to: url.appending(path: file))
    return url
  }

  private func embeddings(_ count: Int, seed: UInt64 = 1) -> LearnedPrompt {
    var random = SeededGenerator(seed: seed)
    return LearnedPrompt(embeddings: random.floats(32 * count), width: 32)
  }

  /// In the bottom layer a key depends on its token and its position alone: the key of a prompt
  /// that was made right behind the header must be the one that is computed behind the other
  /// prompt.
  @Test func keysMoveBehindTheOtherPrompt() throws {
    let decoder = try Decoder.load(
      ModelFolder(at: model), on: TestDevice.cpu.open(), precision: .f32)
    let (first, second) = ([5, 40, 12, 77, 31], [60, 8, 21])
    func keysValues(_ tokens: [Int], _ count: Int) throws -> LearnedPrompt {
      let prefix = Prefix(Frame(header: Self.header), .context(tokens))
      let model = try decoder.prefill(prefix, capacity: PrefixCapacity(rows: 0))
      return try model.keysValues(of: (prefix.rows - count)..<prefix.rows)
    }
    let prompts = [try keysValues(first, 5), try keysValues(second, 3)]
    let urls = [try write("a", prompts[0]), try write("b", prompts[1])]
    let group = try AdapterGroup(urls, for: configuration)
    let prefix = try group.prefix(
      in: group.framing(conditioning()), of: configuration, textLength: 20)
    #expect(prefix.frame == Frame(header: Self.header, closing: Self.closing))
    #expect(prefix.rows == 11 && prefix.others == [prompts[0]])
    guard case .prompt(let moved) = prefix.body else { throw CocoaError(.featureUnsupported) }
    let expected = try keysValues(first + second, 3).keys(ofLayer: 0).map(Double.init)
    #expect(relativeError(Array(moved.keys(ofLayer: 0)), expected) < 1e-5)
    #expect(relativeError(Array(prompts[1].keys(ofLayer: 0)), expected) > 1e-2)
    #expect(moved[moved.form.tensors[1]] == prompts[1][moved.form.tensors[1]])
    // Each alone stands where it was made.
    let alone = try group.prefixesAlone(in: conditioning(), of: configuration)
    #expect(
      alone.map(\.body) == prompts.map { Prefix.Body.prompt($0) }
        && alone.allSatisfy(\.others.isEmpty))
  }

  @Test func theOrderOfTheAdaptersIsThatOfTheirPrompts() throws {
    let urls = try (1...3).map { try write("\($0)", embeddings($0, seed: UInt64($0))) }
    let group = try AdapterGroup([urls[2], urls[0], urls[1]], for: configuration)
    let prefix = try group.prefix(in: conditioning(), of: configuration)
    #expect(prefix.others == [embeddings(3, seed: 3), embeddings(1)])
    #expect(prefix.body == .prompt(embeddings(2, seed: 2)))
    #expect(group.tokenCount == 6 && prefix.rows == 9)
  }

  @Test func adaptersThatCannotStandTogetherAreRefused() throws {
    let (a, b) = (try write("a", embeddings(2)), try write("b", embeddings(2, seed: 2)))
    let c = try write("c", embeddings(2, seed: 3), header: [3])
    func prefix(_ urls: [URL]) throws -> Prefix {
      let group = try AdapterGroup(urls, for: configuration)
      return try group.prefix(in: group.framing(conditioning()), of: configuration)
    }
    _ = try prefix([a, b])
    expectError(
      "\(c.path): expected the tokens of header and closing with which \(a.path) has its prompt, because "
        + "they come once, found others"
    ) { try prefix([a, b, c]) }
    expectError(
      "\(a.path): expected another prompt than \(a.path) holds, found the same"
    ) { try prefix([a, b, a]) }
    let copy = try write("copy", embeddings(2))
    expectError(
      "\(copy.path): expected another prompt than \(a.path) holds, found the same"
    ) { try prefix([a, copy]) }
    let long = try write("long", embeddings(251, seed: 4))
    _ = try prefix([long])
    expectError(
      "\(a.path), \(long.path): expected adapters that leave room for a prompt in the model's 256 "
        + "positions, found 256 rows together"
    ) { try prefix([a, long]) }
    let none = folder.url.appending(path: "none")
    expectError(
      "\(none.path): expected the folder of an adapter, found nothing of the kind"
    ) { try prefix([a, none]) }
    let wide = try write("wide", LearnedPrompt(embeddings: [1, 2, 3], width: 3))
    expectError(
      "\(wide.path)/soft_prompt.safetensors: expected soft_prompt of shape [tokens, 32], as wide as the "
        + "model, found [1, 3]"
    ) { try prefix([a, wide]) }
    let peft = folder.url.appending(path: "peft")
    try FileManager.default.createDirectory(at: peft, withIntermediateDirectories: true)
    try PEFTAdapter(
      embeddings: embeddings(2, seed: 5), layerCount: 2, heads: 4, model: ModelName("m")
    ).write(to: peft)
    for urls in [[a, peft], [peft, a]] {
      expectError(
        "\(peft.path): expected the output folder of a run, whose prompt can stand beside another, found "
          + "virtual tokens of PEFT, which hold header and closing too"
      ) { try prefix(urls) }
    }
  }

  /// A template that the user chooses has its own header, which takes the place of all.
  @Test func anotherTemplateGivesAllItsFrame() throws {
    let (a, c) = (
      try write("a", embeddings(2)), try write("c", embeddings(2, seed: 3), header: [3])
    )
    let chosen = try Conditioning(
      .text("abc", file: "context.txt"), folder: ModelFolder(at: model),
      template: TemplateChoice("chatml"), vocabularySize: TinyTokenizer.vocabularySize)
    let group = try AdapterGroup([a, c], for: configuration)
    #expect(
      try group.prefix(in: group.framing(chosen), of: configuration).frame == chosen.frame)
  }

  @Test func learnedPositionsStayInKeys() throws {
    let url = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Golden/families/gpt2")
    let configuration = try DecoderConfiguration(config: ModelFolder(at: url).config())
    var random = SeededGenerator(seed: 5)
    func keysValues(_ count: Int) -> LearnedPrompt {
      let form = configuration.keysValues(count: count)
      return LearnedPrompt(form: form, values: random.floats(form.elementCount))
    }
    let (a, b) = (try write("a", keysValues(2)), try write("b", keysValues(3)))
    let group = try AdapterGroup([a, b], for: configuration)
    expectError(
      "\(b.path): expected keys and values for position 4, because gpt2's learned positions cannot be taken "
        + "out of them, found those of position 2"
    ) { try group.prefix(in: conditioning(), of: configuration) }
    // Behind the header they are where they were, and embeddings can stand anywhere.
    let width = configuration.hiddenSize
    let c = try write("c", LearnedPrompt(embeddings: random.floats(width), width: width))
    let mixed = try AdapterGroup([a, c], for: configuration)
    #expect(try mixed.prefix(in: conditioning(), of: configuration).rows == 6)
    // A run's files hold its prompt alone, at another position than behind others.
    let folder = try ModelFolder(at: url)
    expectError(
      "beside: expected nothing for keys and values of gpt2, because its learned positions cannot be taken out "
        + "of them, found \(a.path)"
    ) { try AdapterGroup(beside: [a], .keysValues, of: folder, for: configuration) }
    _ = try AdapterGroup(beside: [a], .embeddings, of: folder, for: configuration)
  }

  @Test func windowsThatDoNotReachAllPromptsAreNamed() throws {
    var configuration = try configuration
    configuration.windows = [8, nil]
    let urls = [try write("a", embeddings(4)), try write("b", embeddings(5, seed: 2))]
    let group = try AdapterGroup(urls, for: configuration)
    let prefix = try group.prefix(in: conditioning(), of: configuration)
    let reach = try #require(group.windowReach(prefix, longest: 2, of: configuration))
    #expect(
      reach.description
        == "in 1 of 2 layers the end of the longest text does not see the whole prompt (sliding window of 8 or "
        + "more), in 0 nothing of it")
    configuration.windows = [nil, nil]
    #expect(group.windowReach(prefix, longest: 2, of: configuration) == nil)
  }

  @Test func aPromptWithoutItsNeighborsIsNoticed() throws {
    let a = try write("a", embeddings(2))
    let digest = try AdapterGroup([a], for: configuration).members[0].record.digest
    let records = [NeighborRecord(digest: digest, tokens: 2)]
    let b = try write(
      "b", embeddings(2, seed: 2), more: ["beside": NeighborRecord.text(records)])
    let read = try AdapterImport(at: b, for: configuration)
    guard case .softPrompt(_, let record) = read else { throw CocoaError(.featureUnsupported) }
    #expect(record.neighbors == records)
    #expect(try AdapterGroup([a, b], for: configuration).notices.isEmpty)
    for urls in [[b], [b, a]] {
      let notices = try AdapterGroup(urls, for: configuration).notices
      #expect(
        notices.map(\.description) == [
          "\(b.path): trained behind a prompt of SHA-256 \(digest), found others or none before it"
        ])
    }
    for bad in ["x", "[1]", "{}"] {
      let url = try write("bad", embeddings(1), more: ["beside": bad])
      let expected = bad == "[1]" ? " sha256 and tokens of each prompt" : " a list"
      expectError(
        "\(url.path)/soft_prompt.safetensors: expected beside with\(expected), found \(bad)"
      ) { try AdapterGroup([url], for: configuration) }
    }
  }
}
