import Foundation
import TestSupport
import Testing
import Tokenizers

/// Real tokenizers, compared with recorded results of Python's `tokenizers` and other projects,
/// case by case.
@Suite(.enabled(if: SharedReference.isPresent, SharedReference.reason))
struct ReferenceTests {
  static let names = ["gpt2", "llama2", "qwen2.5", "stories260k"]

  private struct Case: Decodable {
    let id: String
    let text: String
    let ids: [Int]
    let idsSpecial: [Int]
    let decoded: String
    let decodedSkip: String
  }

  /// Another project's result for a text; `agrees` is false where Python's library differs.
  private struct Independent: Decodable {
    let source: String
    let text: String
    let ids: [Int]
    let addSpecialTokens: Bool
    let agrees: Bool
  }

  private struct LongText: Decodable {
    let tokens: Int
    /// Of the ids as little-endian 32-bit numbers.
    let digest: String

    enum CodingKeys: String, CodingKey {
      case tokens
      case digest = "sha256_u32le"
    }
  }

  private static let decoder: JSONDecoder = {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }()

  private func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(contentsOf: SharedReference.url("tokenizers/\(name)/tokenizer.json"))
  }

  private func lines<Line: Decodable>(_ path: String) throws -> [Line] {
    try Data(contentsOf: SharedReference.url(path)).split(separator: 0x0A).map {
      try Self.decoder.decode(Line.self, from: $0)
    }
  }

  @Test(arguments: names)
  func agreesCaseByCase(_ name: String) throws {
    let tokenizer = try tokenizer(name)
    let cases: [Case] = try lines("tokenizers/\(name)/cases.jsonl")
    #expect(cases.count == 312)
    for item in cases {
      let ids = try tokenizer.encode(item.text, addingSpecialTokens: false)
      #expect(ids == item.ids, "\(item.id)")
      #expect(try tokenizer.encode(item.text) == item.idsSpecial, "\(item.id)")
      #expect(try isSame(tokenizer.decode(item.ids), item.decoded), "\(item.id)")
      let skipped = try tokenizer.decode(item.idsSpecial, skippingSpecialTokens: true)
      #expect(isSame(skipped, item.decodedSkip), "\(item.id)")
    }
  }

  @Test(arguments: ["gpt2", "llama2"])
  func agreesWithOtherProjects(_ name: String) throws {
    let tokenizer = try tokenizer(name)
    let cases: [Independent] = try lines("tokenizers/\(name)/independent.jsonl")
    let agreed = cases.filter(\.agrees)
    #expect(!agreed.isEmpty)
    for item in agreed {
      let ids = try tokenizer.encode(item.text, addingSpecialTokens: item.addSpecialTokens)
      #expect(ids == item.ids, "\(item.source)")
    }
  }

  @Test(arguments: names)
  func agreesOnLongTexts(_ name: String) throws {
    let tokenizer = try tokenizer(name)
    let texts = try JSONDecoder().decode(
      [String: LongText].self,
      from: Data(contentsOf: SharedReference.url("tokenizers/\(name)/long_texts.json")))
    #expect(!texts.isEmpty)
    for (file, expected) in texts {
      let text = try String(contentsOf: SharedReference.url("texts/\(file)"), encoding: .utf8)
      let ids = try tokenizer.encode(text, addingSpecialTokens: false)
      #expect(ids.count == expected.tokens, "\(file)")
      var bytes: [UInt8] = []
      bytes.reserveCapacity(ids.count * 4)
      for id in ids {
        for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: id >> shift)) }
      }
      #expect(SHA256.digest(bytes) == expected.digest, "\(file)")
    }
  }
}
