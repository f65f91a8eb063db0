import Foundation
import JSON
import Testing
import Tokenizers

/// Tokenizers of GGUF metadata, converted from a tokenizer.json, give what Python's `tokenizers`
/// makes of that file.
@Suite struct GGUFVocabularyTests {
  /// The small tokenizers with the pre-tokenizer of each; none for SentencePiece.
  static let small: [(name: String, pre: String?)] = [
    ("gpt2", "gpt-2"), ("llama3", "llama-bpe"), ("qwen2", "qwen2"), ("neox", "mpt"),
    ("falcon", "falcon"), ("granite", "refact"), ("llama2", nil), ("gemma", nil),
  ]

  private func vocabulary(_ name: String, _ pre: String?) throws -> GGUFVocabulary {
    let node = try JSONNode(contentsOf: Golden.folder.appending(path: "\(name).json"))
    var vocabulary = try GGUFVocabulary(converting: node, preTokenizer: pre, keepsMerges: true)
    if name == "gemma" { vocabulary.architecture = "gemma2" }
    let leading = try Golden.cases(name).leading
    vocabulary.roles[.begin] = leading.first
    vocabulary.addsBegin = !leading.isEmpty
    return vocabulary
  }

  @Test(arguments: small)
  func agreesWithPython(_ name: String, _ pre: String?) throws {
    let vocabulary = try vocabulary(name, pre)
    let golden = try Golden.cases(name)
    for tokenizer in [
      try vocabulary.tokenizer(),
      try Tokenizer(JSONNode(vocabulary.tokenizerJSON(), file: "written")),
    ] {
      #expect(tokenizer.vocabularySize == golden.size)
      #expect(tokenizer.leadingSpecialIdentifiers == golden.leading)
      // The white space that a token takes, and that it is a word, stand in no GGUF file.
      let flagged = ["<|lstrip|>", "<|word|>"]
      for item in golden.cases where !flagged.contains(where: item.text.contains) {
        let ids = try tokenizer.encode(item.text, addingSpecialTokens: false)
        #expect(ids == item.ids, "\(item.text.debugDescription)")
        let decoded = try tokenizer.decode(ids)
        #expect(isSame(decoded, item.decoded ?? item.text), "\(item.text.debugDescription)")
      }
    }
  }

  @Test("every pre-tokenizer has components that are read")
  func readsEveryPreTokenizer() throws {
    var vocabulary = try vocabulary("gpt2", "gpt-2")
    vocabulary.preTokenizer = "gpt-5"
    let message = refusal(vocabulary)
    #expect(
      message.hasPrefix("converted.gguf: metadata tokenizer.ggml.pre: expected one of gpt-2,"))
    #expect(message.hasSuffix(#", found "gpt-5""#))
    let listed = try #require(message.split(separator: "expected one of ").last)
    let names = listed.split(separator: ", ").dropLast().map(String.init)
    #expect(names.count > 40)
    for name in names {
      vocabulary.preTokenizer = name
      let ids = try vocabulary.tokenizer().encode("The keeper's 1024 ships,\n  he'd said")
      #expect(!ids.isEmpty, "\(name)")
    }
  }

  /// The words that the names stand for, as numbers of tokens of a vocabulary without merges
  /// cannot show them: an added merge across the border must not take place.
  @Test("digits and words are cut as the names say")
  func cuts() throws {
    func merges(_ pre: String, _ left: String, _ right: String, in text: String) throws -> Bool {
      var vocabulary = try vocabulary("gpt2", pre)
      vocabulary.merges = ["\(left) \(right)"]
      let joined = left + right
      if vocabulary.identifier(of: joined) == nil {
        vocabulary.tokens.append(joined)
        vocabulary.types?.append(1)
      }
      let tokenizer = try vocabulary.tokenizer()
      return try tokenizer.encode(text).contains(#require(tokenizer.identifier(of: joined)))
    }
    let expected: [(pre: String, digits: Bool, spaceAndDigit: Bool, spaces: Bool, case: Bool)] = [
      ("gpt-2", true, true, false, true), ("mpt", true, true, false, true),
      ("starcoder", false, false, true, true), ("smollm", false, false, true, true),
      ("command-r", false, false, true, true), ("falcon", true, false, false, true),
      ("default", true, false, false, true), ("llama-bpe", true, false, false, true),
      ("qwen2", false, false, false, true), ("tekken", false, false, false, false),
      ("gpt-4o", true, false, false, false),
    ]
    for item in expected {
      #expect(try merges(item.pre, "1", "2", in: "a12") == item.digits, "\(item.pre)")
      #expect(try merges(item.pre, "Ġ", "1", in: "a 1") == item.spaceAndDigit, "\(item.pre)")
      #expect(try merges(item.pre, "Ġ", "Ġ", in: "a  1") == item.spaces, "\(item.pre)")
      #expect(try merges(item.pre, "a", "B", in: "aB") == item.case, "\(item.pre)")
    }
  }

  private func refusal(_ vocabulary: GGUFVocabulary) -> String {
    do {
      _ = try vocabulary.tokenizer()
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  /// A tokenizer of SentencePiece of a few tokens.
  private var tiny: GGUFVocabulary {
    var vocabulary = GGUFVocabulary(
      file: "t.gguf", model: "llama",
      tokens: ["<unk>", "<s>", "</s>", "▁", "a", "b", "▁a", "ab", "▁ab", "▁ba"])
    vocabulary.types = [2, 3, 3, 1, 1, 1, 1, 1, 1, 1]
    vocabulary.scores = [0, 0, 0, -5, -6, -7, -1, -2, -3, -4]
    return vocabulary
  }

  @Test("merges come from scores: the best token first")
  func followsScores() throws {
    #expect(try tiny.tokenizer().encode("ab") == [1, 8])
    #expect(try tiny.tokenizer().encode("abab", addingSpecialTokens: false) == [8, 7])
    // ▁a wins over ab, and nothing makes ▁ab of ▁a and b any more when its score is worst.
    var vocabulary = tiny
    vocabulary.scores?[8] = -10
    vocabulary.tokens[8] = "▁bb"
    #expect(try vocabulary.tokenizer().encode("ab", addingSpecialTokens: false) == [6, 5])
    vocabulary.scores?[6] = -9
    #expect(try vocabulary.tokenizer().encode("ab", addingSpecialTokens: false) == [3, 7])
    // Gemma's by identifier, and without a space in front.
    vocabulary.architecture = "gemma3"
    #expect(try vocabulary.tokenizer().encode(" ab", addingSpecialTokens: false) == [6, 5])
  }

  @Test("flags: BOS, EOS and the space in front")
  func followsFlags() throws {
    var vocabulary = tiny
    vocabulary.addsBegin = false
    vocabulary.addsEnd = true
    #expect(try vocabulary.tokenizer().encode("ab") == [8, 2])
    vocabulary.addsPrefixSpace = false
    #expect(try vocabulary.tokenizer().encode("ab") == [7, 2])
    #expect(try vocabulary.tokenizer().encode("ab</s> b") == [7, 2, 3, 5, 2])
    vocabulary.roles[.end] = -1
    #expect(
      refusal(vocabulary)
        == "t.gguf: metadata tokenizer.ggml.add_eos_token: expected tokenizer.ggml.eos_token_id "
        + "beside it, found nothing")
  }

  @Test("types: what is found first, what is special, and what is no token")
  func followsTypes() throws {
    var vocabulary = tiny
    vocabulary.tokens += ["  ", "<b>", "[PAD12]"]
    vocabulary.types? += [4, 4, 5]
    vocabulary.scores? += [-1000, -1000, 0]
    let tokenizer = try vocabulary.tokenizer()
    #expect(tokenizer.specialIdentifiers == [0, 1, 2])
    #expect(tokenizer.token(of: 10) == "▁▁")
    #expect(tokenizer.token(of: 12) == nil)
    #expect(tokenizer.vocabularySize == 12)
    #expect(try tokenizer.encode("<b>", addingSpecialTokens: false) == [11])
    #expect(try tokenizer.encode("a<b>a<s>", addingSpecialTokens: false) == [6, 11, 6, 1])
    #expect(try tokenizer.decode([6, 11, 10, 4]) == "a<b>  a")
    // Phi-3's marks take the white space behind them.
    vocabulary.architecture = "phi3"
    #expect(
      try vocabulary.tokenizer().encode("a</s>  a", addingSpecialTokens: false) == [6, 2, 6])
  }

  @Test("metadata that cannot be used gives one line")
  func refuses() throws {
    func message(_ change: (inout GGUFVocabulary) -> Void) -> String {
      var vocabulary = tiny
      change(&vocabulary)
      return refusal(vocabulary).replacing("t.gguf: metadata tokenizer.ggml.", with: "")
    }
    #expect(
      message { $0.model = "t5" }
        == "model: expected gpt2 (byte-level) or llama (SentencePiece), the tokenizers that are "
        + "read, found \"t5\"")
    #expect(
      message { $0.model = "gpt2" }.hasSuffix(
        ", found nothing; convert the model with a llama.cpp of today"))
    #expect(
      message {
        $0.model = "gpt2"
        $0.preTokenizer = "gpt-2"
      } == "merges: expected the merges of a gpt2 tokenizer, found nothing")
    #expect(message { $0.tokens = [] } == "tokens: expected 1 to 16777216 tokens, found 0")
    #expect(
      message { $0.tokens[5] = "a" }
        == "tokens[5]: expected another token than those before, found \"a\", which is token 4 too")
    #expect(
      message { $0.tokens[5] = String(repeating: "b", count: 50_000) }
        == "tokens: expected tokens of the length of words, found one of 50000 bytes")
    #expect(
      message { $0.tokens[5] = String(repeating: "b", count: 1 << 24) }
        == "tokens: expected at most 16777216 bytes of text, found 16777248")
    #expect(
      message { $0.types?.removeLast() }
        == "token_type: expected a type for each of 10 tokens, found 9 types")
    #expect(message { $0.types?[3] = 7 } == "token_type[3]: expected a type from 0 to 6, found 7")
    #expect(
      message { $0.scores?.removeLast() }
        == "scores: expected a score for each of 10 tokens, found 9 scores")
    #expect(message { $0.scores = nil }.hasPrefix("scores: expected the scores of a llama"))
    #expect(message { $0.scores?[4] = .nan } == "scores[4]: expected a finite number, found nan")
    #expect(
      message { $0.roles[.end] = 10 } == "eos_token_id: expected one of 10 tokens, found 10")
    for merge in ["", " ", "a", "a ", " a", "a  b", "a b c"] {
      #expect(
        message { $0.merges = ["▁ a", merge] }.hasPrefix("merges[1]: expected "), "\(merge)")
    }
    #expect(
      message { $0.merges = ["b b"] }
        == "merges[0]: expected a merge of tokens into a token, found \"b b\"")
    #expect(message { $0.tokens[4] = "" } == "no error")
  }
}
