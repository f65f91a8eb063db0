import Foundation
import Testing
import Tokenizers

/// Every file that cannot be used ends in one line that names it, the place and what was expected.
@Suite struct BadInputTests {
  private func message(_ json: String) -> String {
    do {
      _ = try Tokenizer(json: Data(json.utf8), name: "t.json")
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  private func model(_ members: String) -> String {
    "{\"model\":{\"type\":\"BPE\",\(members)}}"
  }

  @Test func namesPlaceOfMalformedText() {
    #expect(
      message("")
        == "t.json: expected a tokenizer in JSON, found an empty file; fetch it again")
    #expect(
      message("version https://git-lfs.github.com/spec/v1\nsize 9\n")
        == "t.json: expected a tokenizer in JSON, found a Git LFS pointer; \"git lfs pull\" in its "
        + "folder fetches the file that it stands for")
    #expect(
      message(" ") == "t.json:1:2: not valid JSON: expected a value, found the end of the text")
    #expect(message("{\n \"a\": tru\n}").hasPrefix("t.json:2:7: not valid JSON: expected true"))
    #expect(
      message("{\"a\":1}}")
        == "t.json:1:8: not valid JSON: expected the end of the text, found \"}\"")
    #expect(message("{\"a\":\"\\ud800\"}").contains("expected the two halves of a surrogate pair"))
    #expect(message("{\"a\":\"\u{1}\"}").contains("expected control characters to be escaped"))
    #expect(message("{\"a\":\"b").contains("expected a closing quote"))
    #expect(message("{\"a\":-}").contains("expected a digit, found \"}\""))
    #expect(message("{\"a\":1,\"a\":2}").hasPrefix("t.json:1:8: not valid JSON: expected each key"))
    #expect(message("\u{FEFF}{}").hasPrefix("t.json:1:1: not valid JSON: expected a value"))
    #expect(message(String(repeating: "[", count: 100_000)).contains("expected at most 256 levels"))
  }

  @Test func refusesTextThatIsNotUTF8() {
    let bytes = Data(Array("{\"a\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8))
    #expect(throws: TokenizerError.self) { try Tokenizer(json: bytes, name: "t.json") }
  }

  @Test func namesMissingFile() {
    do throws(TokenizerError) {
      _ = try Tokenizer(contentsOf: URL(fileURLWithPath: "/no/such/tokenizer.json"))
      Issue.record("no error")
    } catch {
      #expect(error.description == "/no/such/tokenizer.json: cannot be read: no such file")
    }
  }

  @Test func namesWhatIsMissing() {
    #expect(message("[]") == "t.json: the file is an array of 0, expected an object")
    #expect(message("{}") == "t.json: model is missing, expected an object")
    #expect(
      message(model("\"merges\":[]"))
        == "t.json: model.vocab is missing, expected an object from token to identifier")
    #expect(
      message(model("\"vocab\":{\"a\":0}"))
        == "t.json: model.merges is missing, expected an array of merges")
    #expect(message("{\"version\":\"2.0\"}") == "t.json: version is \"2.0\", expected \"1.0\"")
  }

  @Test func namesMergesThatCannotBe() {
    let vocabulary = "\"vocab\":{\"a\":0,\"b\":1,\"ab\":2}"
    #expect(message(model("\(vocabulary),\"merges\":[\"a b\"]")) == "no error")
    #expect(message(model("\(vocabulary),\"merges\":[[\"a\",\"b\"]]")) == "no error")
    #expect(
      message(model("\(vocabulary),\"merges\":[\"a b\",\"a c\"]"))
        == "t.json: model.merges[1] is a merge that needs \"c\", expected tokens of model.vocab")
    #expect(
      message(model("\(vocabulary),\"merges\":[\"b a\"]"))
        == "t.json: model.merges[0] is a merge that needs \"ba\", expected tokens of model.vocab")
    for merge in ["\"a\"", "\"a b c\"", "[\"a\"]", "7", "\"a \""] {
      #expect(
        message(model("\(vocabulary),\"merges\":[\(merge)]"))
          .hasSuffix("expected two tokens, as \"a b\" or [\"a\", \"b\"]"))
    }
  }

  @Test func namesIdentifiersThatCannotBe() {
    #expect(
      message(model("\"merges\":[],\"vocab\":{\"a\":-1}"))
        == "t.json: model.vocab[\"a\"] is -1, expected an identifier from 0 to 16777215")
    #expect(
      message(model("\"merges\":[],\"vocab\":{\"a\\nb\":-1}"))
        .hasPrefix("t.json: model.vocab[\"a\\nb\"] is -1, expected"))
    #expect(message(model("\"merges\":[],\"vocab\":{\"a\":4000000000}")).contains("4000000000"))
    #expect(message(model("\"merges\":[],\"vocab\":{\"a\":\"b\"}")).contains("is \"b\""))
    #expect(
      message(model("\"merges\":[],\"vocab\":{\"a\":0},\"unk_token\":\"<unk>\""))
        == "t.json: model.unk_token is \"<unk>\", expected a token of model.vocab")
  }

  @Test func refusesUnknownComponentsByName() {
    let rest = "\"model\":{\"vocab\":{},\"merges\":[]}"
    func with(_ member: String) -> String { message("{\(member),\(rest)}") }
    #expect(
      with("\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Odd\"}]}")
        .hasPrefix("t.json: normalizer.normalizers[0].type is \"Odd\", expected one of Sequence"))
    #expect(
      with(
        "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Digits\"},"
          + "{\"type\":\"UnicodeScripts\"}]}"
      ).hasPrefix("t.json: pre_tokenizer.pretokenizers[1].type is \"UnicodeScripts\", expected"))
    #expect(with("\"decoder\":{\"type\":\"CTC\"}").hasPrefix("t.json: decoder.type is \"CTC\""))
    #expect(
      with("\"post_processor\":{\"type\":\"Odd\"}")
        .hasPrefix("t.json: post_processor.type is \"Odd\""))
    #expect(
      with("\"pre_tokenizer\":{\"typ\":1}")
        == "t.json: pre_tokenizer.type is missing, expected the name of a component")
    #expect(
      message("{\"model\":{\"type\":\"WordLevel\",\"vocab\":{}}}")
        .hasPrefix("t.json: model.type is \"WordLevel\", expected one of BPE, Unigram"))
  }

  @Test func refusesPatternsThatItCannotRunExactly() {
    func split(_ expression: String) -> String {
      message(
        "{\"pre_tokenizer\":{\"type\":\"Split\",\"behavior\":\"Isolated\",\"pattern\":"
          + "{\"Regex\":\"\(expression)\"}},\"model\":{\"vocab\":{},\"merges\":[]}}")
    }
    let place = "t.json: pre_tokenizer.pattern.Regex is "
    #expect(split("a+") == "no error")
    #expect(split("(a") == "\(place)\"(a\", expected a regular expression that compiles")
    let long = String(repeating: "(", count: 300)
    #expect(
      split(long).hasPrefix("\(place)\"\(long.prefix(200))...\", expected a regular expression "))
    #expect(split("").hasSuffix("expected a pattern that is not empty"))
    #expect(
      split("a{1,3}+").hasSuffix("expected a regular expression without '+' after an interval"))
    #expect(split("\\\\bx").hasSuffix("expected a regular expression without \\b"))
    #expect(split("(?m:a)").hasSuffix("expected a regular expression without the group (?m"))
    #expect(split("[[:alpha:]]").hasSuffix("without a POSIX bracket"))
    #expect(split("a**").hasSuffix("without a quantifier after a quantifier"))
    #expect(split("(?<=a+)b").hasSuffix("without a look-behind of unknown length"))
    #expect(split("(?i:straße)").hasSuffix("without st in (?i)"))
    #expect(split("((a|b){1000}){10}").hasSuffix("without more than 20000 instructions"))
    #expect(split("a{1001}").hasSuffix("without counts above 1000"))
    let deep = String(repeating: "(", count: 5000) + "a" + String(repeating: ")", count: 5000)
    #expect(split(deep).hasSuffix("without more than 100 groups in each other"))
  }

  @Test func namesWhatIsWrongWithUnigramModels() {
    func unigram(_ members: String) -> String {
      message("{\"model\":{\"type\":\"Unigram\",\(members)}}")
    }
    let vocabulary = "\"vocab\":[[\"<unk>\",0],[\"a\",-1.5e0]]"
    #expect(unigram("\(vocabulary),\"unk_id\":0") == "no error")
    #expect(
      unigram(vocabulary)
        == "t.json: model.unk_id is missing, expected the identifier of the unknown token")
    #expect(
      unigram("\(vocabulary),\"unk_id\":2")
        == "t.json: model.unk_id is 2, expected an identifier below 2")
    #expect(
      unigram("\"vocab\":[[\"a\",0],[\"b\"]],\"unk_id\":0")
        == "t.json: model.vocab[1] is an array of 1, expected a token with its score")
    #expect(
      unigram("\"vocab\":[[\"a\",\"b\"]],\"unk_id\":0")
        == "t.json: model.vocab[0][1] is \"b\", expected a number")
    #expect(
      unigram("\"vocab\":[[\"a\",NaN]],\"unk_id\":0")
        == "t.json: model.vocab[0][1] is NaN, expected a finite number")
    #expect(
      unigram("\"vocab\":[[\"a\",-1e999]],\"unk_id\":0")
        == "t.json: model.vocab[0][1] is -Infinity, expected a finite number")
  }

  @Test func namesWhatIsWrongWithPrecompiledMaps() {
    func map(_ text: String) -> String {
      message(
        "{\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"\(text)\"},"
          + "\"model\":{\"vocab\":{},\"merges\":[]}}")
    }
    let place = "t.json: normalizer.precompiled_charsmap is "
    #expect(map("?") == "\(place)\"?\", expected a string in base64")
    #expect(map("AAAAAA==").hasSuffix("expected a trie that lies inside its 4 bytes"))
    #expect(map("CAAAAAAAAAA=").hasSuffix("expected a trie that lies inside its 8 bytes"))
    #expect(map("BAAAAAAAAAD/").hasSuffix("expected replacements in UTF-8"))
    #expect(map("BAAAAAAAAAA=") == "no error")
  }

  @Test func refusesTemplatesWithoutTheirTokens() {
    let single = "\"single\":[{\"SpecialToken\":{\"id\":\"<s>\",\"type_id\":0}}]"
    let processor = "{\"type\":\"TemplateProcessing\",\(single),\"special_tokens\":{}}"
    #expect(
      message("{\"post_processor\":\(processor),\"model\":{\"vocab\":{},\"merges\":[]}}")
        == "t.json: post_processor.special_tokens.<s> is missing, expected an object with ids")
  }
}
