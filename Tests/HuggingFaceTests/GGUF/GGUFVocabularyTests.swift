import Foundation
import GGUF
import HuggingFace
import JSON
import TestSupport
import Testing
import Tokenizers

/// Tokenizers of GGUF files, compared with those of Hugging Face
/// (Tests/Golden/tokenizers/make_gguf.py).
@Suite struct GGUFVocabularyTests {
  private static let golden = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Golden/tokenizers/gguf")

  @Test("ids, texts and special tokens", arguments: ["neox", "granite", "llama2", "gemma"])
  func agreesWithHuggingFace(_ name: String) throws {
    let file = try GGUFFile(contentsOf: Self.golden.appending(path: "\(name).gguf"))
    let vocabulary = try #require(try GGUFVocabulary(file.metadata))
    let expected = try JSONNode(contentsOf: Self.golden.appending(path: "\(name).json"))
    let leading: [Int] = try expected.required("leading")
    let cases: [JSONNode] = try expected.required("cases")
    #expect(cases.count > 90)
    let written = try JSONNode(
      parsing: Array(vocabulary.tokenizerJSON().text().utf8), file: "written")
    for tokenizer in [try vocabulary.tokenizer(), try Tokenizer(written)] {
      #expect(tokenizer.leadingSpecialIdentifiers == leading)
      for item in cases {
        let text: String = try item.required("text")
        let expected: [Int] = try item.required("ids")
        let decoded: String = try item.required("decoded")
        let skipped: String = try item.required("skipped")
        let ids = try tokenizer.encode(text, addingSpecialTokens: false)
        #expect(ids == expected, "\(text.debugDescription)")
        #expect(try tokenizer.encode(text) == leading + expected, "\(text.debugDescription)")
        let found = try tokenizer.decode(ids)
        #expect(found.utf8.elementsEqual(decoded.utf8), "\(text.debugDescription)")
        let plain = try tokenizer.decode(ids, skippingSpecialTokens: true)
        #expect(plain.utf8.elementsEqual(skipped.utf8), "\(text.debugDescription)")
      }
    }
    let named: JSONNode = try expected.required("special")
    var special: [String: String] = [:]
    for key in try named.keys() { special[key] = try named.required(key) }
    #expect(try vocabulary.specialTokens() == special)
    let template = try #require(try file.metadata.chatTemplate())
    #expect(template.source.hasPrefix("{{ bos_token }}{% for message in messages %}"))
    #expect(template.location.hasSuffix("\(name).gguf, tokenizer.chat_template"))
  }

  /// The metadata of a file with these values.
  private func metadata(
    _ values: [(key: String, value: GGUFBytes.Value)], in folder: TemporaryFolder
  ) throws -> GGUFMetadata {
    let url = folder.url.appending(path: "t.gguf")
    try Data(GGUFBytes(values).bytes).write(to: url)
    return try GGUFFile(contentsOf: url).metadata
  }

  @Test("files without a tokenizer, and of damaged ones")
  func reads() throws {
    let folder = try TemporaryFolder()
    #expect(try GGUFVocabulary(metadata([], in: folder)) == nil)
    let model = "tokenizer.ggml.model"
    #expect(try GGUFVocabulary(metadata([(model, .string("none"))], in: folder)) == nil)

    func message(_ values: [(key: String, value: GGUFBytes.Value)]) -> String {
      do {
        let metadata = try metadata([(model, .string("llama"))] + values, in: folder)
        _ = try GGUFVocabulary(metadata)?.tokenizer()
        return "no error"
      } catch {
        return "\(error)".replacing(folder.url.path, with: "")
          .replacing("/t.gguf: metadata tokenizer.", with: "")
      }
    }
    let tokens = (
      key: "tokenizer.ggml.tokens", value: GGUFBytes.Value.strings(["<unk>", "a", "b"])
    )
    let scores = (
      key: "tokenizer.ggml.scores",
      value: GGUFBytes.Value.array(of: 6, [.number(0), .number(-1), .number(-2)])
    )
    #expect(message([tokens, scores]) == "no error")
    #expect(
      message([scores]) == "ggml.tokens: expected an array of strings in UTF-8, found nothing")
    #expect(
      message([(tokens.key, .integer(1))])
        == "ggml.tokens: expected an array of strings in UTF-8, found the integer 1")
    let broken = GGUFBytes.Value(type: 8, [1, 0, 0, 0, 0, 0, 0, 0, 0xFF])
    #expect(
      message([(tokens.key, .array(of: 8, [broken])), scores])
        == "ggml.tokens: expected an array of strings in UTF-8, found an array of 1 strings")
    #expect(
      message([tokens, (scores.key, .strings(["0"]))])
        == "ggml.scores: expected an array of numbers, found an array of 1 strings")
    #expect(
      message([tokens, scores, ("tokenizer.ggml.bos_token_id", .integer(3))])
        == "ggml.bos_token_id: expected one of 3 tokens, found 3")
    #expect(
      message([tokens, scores, ("tokenizer.ggml.bos_token_id", .integer(.max))]) == "no error")
    #expect(
      message([tokens, scores, ("tokenizer.ggml.add_bos_token", .integer(1))])
        == "ggml.add_bos_token: expected true or false, found the integer 1")
    #expect(
      message([tokens, scores, ("tokenizer.ggml.token_type", .array(of: 5, []))])
        == "ggml.token_type: expected a type for each of 3 tokens, found 0 types")
  }

  @Test("chat templates: the default one, or a refusal")
  func findsTemplate() throws {
    let folder = try TemporaryFolder()
    let key = "tokenizer.chat_template"
    #expect(try metadata([], in: folder).chatTemplate() == nil)
    let named = [("\(key).rag", GGUFBytes.Value.string("r")), ("\(key).tool_use", .string("t"))]
    let both = try metadata(named + [(key, GGUFBytes.Value.string("d"))], in: folder).chatTemplate()
    #expect(both?.source == "d")
    let alone = try metadata(named, in: folder)
    #expect(throws: GGUFError.self) { try alone.chatTemplate() }
    do { _ = try alone.chatTemplate() } catch {
      #expect(
        "\(error)".hasSuffix("of those with a name in a file of its own, found rag, tool_use"))
    }
    let wrong = try metadata([(key, .bool(true))], in: folder)
    #expect(throws: GGUFError.self) { try wrong.chatTemplate() }
  }
}
