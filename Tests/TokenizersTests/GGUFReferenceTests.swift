import Foundation
import JSON
import TestSupport
import Testing
import Tokenizers

/// Real tokenizers as GGUF metadata.
@Suite(.enabled(if: SharedReference.isPresent, SharedReference.reason))
struct GGUFReferenceTests {
  private struct Case: Decodable {
    let id: String
    let text: String
    let ids: [Int]
    let idsSpecial: [Int]
    let decoded: String
    let decodedSkip: String
  }

  static let names: [(name: String, pre: String?)] = [
    ("gpt2", "gpt-2"), ("qwen2.5", "qwen2"), ("llama2", nil), ("stories260k", nil),
  ]

  @Test(arguments: names)
  func agreesCaseByCase(_ name: String, _ pre: String?) throws {
    let folder = try SharedReference.url("tokenizers/\(name)")
    let node = try JSONNode(contentsOf: folder.appending(path: "tokenizer.json"))
    var vocabulary = try GGUFVocabulary(converting: node, preTokenizer: pre)
    vocabulary.types?[0] = pre == nil ? 2 : 1
    let tokenizer = try vocabulary.tokenizer()
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let lines = try Data(contentsOf: folder.appending(path: "cases.jsonl")).split(separator: 0x0A)
    #expect(lines.count == 312)
    for line in lines {
      let item = try decoder.decode(Case.self, from: line)
      let ids = try tokenizer.encode(item.text, addingSpecialTokens: false)
      #expect(ids == item.ids, "\(item.id)")
      #expect(try tokenizer.encode(item.text) == item.idsSpecial, "\(item.id)")
      #expect(try isSame(tokenizer.decode(item.ids), item.decoded), "\(item.id)")
      let skipped = try tokenizer.decode(item.idsSpecial, skippingSpecialTokens: true)
      #expect(isSame(skipped, item.decodedSkip), "\(item.id)")
    }
  }

  /// A vocabulary of the size of Gemma's must not take more than a moment.
  @Test("merges of 256,000 tokens")
  func isFast() throws {
    var generator = SeededGenerator(seed: 3)
    var known: Set<String> = []
    var tokens = ["<unk>", "<s>", "</s>"]
    let letters = "▁etaoinshrdlucmfwypvbgkjqxzETAOINSHRDLU0123456789".map(String.init)
    tokens += letters
    known.formUnion(letters)
    while tokens.count < 256_000 {
      let left = tokens[Int.random(in: 3..<tokens.count, using: &generator)]
      let right = tokens[Int.random(in: 3..<tokens.count, using: &generator)]
      if left.utf8.count + right.utf8.count < 16, known.insert(left + right).inserted {
        tokens.append(left + right)
      }
    }
    var vocabulary = GGUFVocabulary(file: "large.gguf", model: "llama", tokens: tokens)
    vocabulary.types = [2, 3, 3] + Array(repeating: 1, count: tokens.count - 3)
    vocabulary.scores = tokens.indices.map { -Double($0) }
    let clock = ContinuousClock()
    var ids: [Int] = []
    let seconds = try clock.measure { ids = try vocabulary.tokenizer().encode("the sea") }
    print("a llama tokenizer of \(tokens.count) tokens: \(seconds)")
    #expect(!ids.isEmpty)
    #expect(seconds < .seconds(10))
  }
}
