import Foundation
import HuggingFace
import JSON
import TestSupport
import Testing
import Tokenizers

/// Tokenizers of folders, compared with `AutoTokenizer` of transformers
/// (Tests/Golden/tokenizers/make_classes.py).
@Suite struct TokenizerClassTests {
  private static let golden = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Golden/tokenizers")

  private static let lines: [JSONNode] = {
    let file = golden.appending(path: "classes.jsonl")
    guard let data = try? Data(contentsOf: file) else { return [] }
    return data.split(separator: 0x0A).enumerated().compactMap { index, line in
      try? JSONNode(parsing: [UInt8](line), file: "\(file.path):\(index + 1)")
    }
  }()

  /// Writes the folder that a line describes.
  private func write(_ line: JSONNode, _ folder: TemporaryFolder) throws -> ModelFolder {
    let base: String = try line.required("base")
    let file = Self.golden.appending(path: "\(base).json")
    guard case .object(var tokenizer) = try JSON(parsing: [UInt8](Data(contentsOf: file))) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    let changes: JSONNode = try line.required("tokenizer")
    for key in try changes.keys() {
      tokenizer[key] = try (changes.required(key) as JSONNode).json
    }
    try folder.write("tokenizer.json", JSON.object(tokenizer).text())
    for name in ["config", "tokenizer_config", "special_tokens_map", "added_tokens"] {
      if let contents: JSONNode = try line.optional(name) {
        try folder.write("\(name).json", contents.json.text())
      }
    }
    return try ModelFolder(at: folder.url)
  }

  @Test("the golden file holds folders of every class")
  func isComplete() throws {
    #expect(Self.lines.count > 60)
    let classes = Set(try Self.lines.dropFirst().compactMap { try $0.optional("class") as String? })
    #expect(classes.count == 10)
  }

  @Test("ids, special tokens and texts of every folder", arguments: lines.indices.dropFirst())
  func agreesWithTransformers(_ index: Int) throws {
    let line = Self.lines[index]
    let texts: [String] = try Self.lines[0].required("texts")
    let folder = try TemporaryFolder()
    let model = try write(line, folder)
    let tokenizer = try #require(try model.tokenizer())

    let ids: JSONNode = try line.required("ids")
    let decoded: [String] = try line.required("decoded")
    let settings = (try line.optional("tokenizer_config") as JSONNode?)?.json.text() ?? "none"
    for (index, expected) in try [JSONNode](reading: ids)?.enumerated() ?? [].enumerated() {
      let text = texts[index].debugDescription
      let expected = try #require(try [Int](reading: expected))
      let found = try tokenizer.encode(texts[index], addingSpecialTokens: false)
      #expect(found == expected, "line \(index + 1), \(settings): \(text)")
      let again = try tokenizer.decode(tokenizer.encode(texts[index]))
      #expect(again.utf8.elementsEqual(decoded[index].utf8), "line \(index + 1): \(text)")
    }
    let special: JSONNode = try line.required("special")
    let around = try #require(try [JSONNode](reading: special)).map {
      try [Int](reading: $0) ?? []
    }
    let plain = try tokenizer.encode("ships", addingSpecialTokens: false)
    #expect(try tokenizer.encode("ships") == around[0] + plain + around[1], "line \(index + 1)")

    let named: JSONNode = try line.required("tokens")
    var expected: [String: String] = [:]
    for name in try named.keys() { expected[name] = try named.required(name) }
    #expect(try model.tokenizerConfiguration().specialTokens == expected, "line \(index + 1)")
  }

  @Test("the assembled file gives the same tokens by itself", arguments: lines.indices.dropFirst())
  func assembles(_ index: Int) throws {
    let folder = try TemporaryFolder()
    let model = try write(Self.lines[index], folder)
    let tokenizer = try #require(try model.tokenizer())
    let json = try #require(try model.tokenizerJSON())
    let alone = try Tokenizer(JSONNode(parsing: Array(json.text().utf8), file: "alone"))
    let texts: [String] = try Self.lines[0].required("texts")
    for text in texts {
      #expect(try alone.encode(text) == tokenizer.encode(text), "line \(index + 1)")
    }
    #expect(alone.specialIdentifiers == tokenizer.specialIdentifiers)
  }

  @Test("classes and settings that are not followed are refused by name")
  func refuses() throws {
    let folder = try TemporaryFolder()
    let line = Self.lines[1]
    let model = try write(line, folder)
    func message(_ settings: String) throws -> String {
      let file = try folder.write("tokenizer_config.json", settings)
      do {
        _ = try model.tokenizer()
        return "no error"
      } catch {
        return "\(error)".replacing(file.path, with: "FILE")
      }
    }
    #expect(
      try message(#"{"tokenizer_class": "T5TokenizerFast"}"#).hasPrefix(
        "FILE: tokenizer_class: expected a class that byte-pair encoding is known for: "))
    #expect(
      try message(#"{"split_special_tokens": true}"#)
        == "FILE: split_special_tokens: expected false: special tokens are always found in a text, "
        + "found true")
    #expect(
      try message(#"{"added_tokens_decoder": {"x": {"content": "a"}}}"#)
        == "FILE: added_tokens_decoder: expected the number of a token as key, found \"x\"")
    #expect(
      try message(#"{"bos_token": 7}"#)
        == "FILE: bos_token: expected a token, as a string or an object, found the integer 7")
    let unigram = try Data(contentsOf: Self.golden.appending(path: "unigram.json"))
    try folder.write("tokenizer.json", String(decoding: unigram, as: UTF8.self))
    #expect(
      try message(#"{"tokenizer_class": "LlamaTokenizer"}"#).hasSuffix(
        "model.type: expected \"BPE\", which the tokenizer_class LlamaTokenizer takes, "
          + "found \"Unigram\""))
  }
}
