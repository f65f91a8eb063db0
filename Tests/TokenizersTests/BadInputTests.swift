import Foundation
import JSON
import Testing
import Tokenizers

/// Every file that cannot be used gives one line that names it, the location and the expected
/// value.
@Suite struct BadInputTests {
  private func message(_ json: String) -> String {
    do {
      _ = try Tokenizer(JSONNode(parsing: Array(json.utf8), file: "t.json"))
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
        == "t.json: expected JSON, found an empty file; fetch it again")
    #expect(
      message("version https://git-lfs.github.com/spec/v1\nsize 9\n")
        == "t.json: expected JSON, found a Git LFS pointer; \"git lfs pull\" in its "
        + "folder fetches the file that it stands for")
    #expect(
      message(" ") == "t.json: line 1, column 2: expected a value, found the end of the text")
    #expect(message("{\n \"a\": tru\n}").hasPrefix("t.json: line 2, column 7: expected true"))
    #expect(
      message("{\"a\":1}}")
        == "t.json: line 1, column 8: expected the end of the text, found \"}\"")
    #expect(message("{\"a\":\"\\ud800\"}").contains("expected the two halves of a surrogate pair"))
    #expect(message("{\"a\":\"\u{1}\"}").contains("expected control characters to be escaped"))
    #expect(message("{\"a\":\"b").contains("expected a closing quote"))
    #expect(message("{\"a\":-}").contains("expected a digit, found \"}\""))
    #expect(message("{\"a\":1,\"a\":2}").hasPrefix("t.json: line 1, column 8: expected each key"))
    #expect(message("\u{FEFF}{}").hasPrefix("t.json: line 1, column 1: expected a value"))
    #expect(message(String(repeating: "[", count: 100_000)).contains("expected at most 256 levels"))
  }

  @Test func refusesTextThatIsNotUTF8() {
    let bytes = Array("{\"a\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8)
    #expect(throws: JSONReadingError.self) { try JSONNode(parsing: bytes, file: "t.json") }
  }

  @Test func namesMissingFile() {
    do throws(TokenizerError) {
      _ = try Tokenizer(contentsOf: URL(fileURLWithPath: "/no/such/tokenizer.json"))
      Issue.record("no error")
    } catch {
      #expect(error.description == "/no/such/tokenizer.json: there is no such file")
    }
  }

  @Test func namesWhatIsMissing() {
    #expect(message("[]") == "t.json: expected an object, found an array")
    #expect(message("{}") == "t.json: model: expected an object, found nothing")
    #expect(
      message(model("\"merges\":[]"))
        == "t.json: model.vocab: expected an object from token to identifier, found nothing")
    #expect(
      message(model("\"vocab\":{\"a\":0}"))
        == "t.json: model.merges: expected an array of merges, found nothing")
    #expect(message("{\"version\":\"2.0\"}") == "t.json: version: expected 1.0, found 2.0")
  }

  @Test func namesMergesThatCannotBe() {
    let vocabulary = "\"vocab\":{\"a\":0,\"b\":1,\"ab\":2}"
    #expect(message(model("\(vocabulary),\"merges\":[\"a b\"]")) == "no error")
    #expect(message(model("\(vocabulary),\"merges\":[[\"a\",\"b\"]]")) == "no error")
    #expect(
      message(model("\(vocabulary),\"merges\":[\"a b\",\"a c\"]"))
        == "t.json: model.merges[1]: expected tokens of model.vocab, found a merge that needs \"c\""
    )
    #expect(
      message(model("\(vocabulary),\"merges\":[\"b a\"]"))
        == "t.json: model.merges[0]: expected tokens of model.vocab, found a merge that needs \"ba\""
    )
    for merge in ["\"a\"", "\"a b c\"", "[\"a\"]", "7", "\"a \""] {
      #expect(
        message(model("\(vocabulary),\"merges\":[\(merge)]"))
          .contains("expected two tokens, as \"a b\" or [\"a\", \"b\"], found "))
    }
  }

  @Test func namesIdentifiersThatCannotBe() {
    #expect(
      message(model("\"merges\":[],\"vocab\":{\"a\":-1}"))
        == "t.json: model.vocab[\"a\"]: expected an identifier from 0 to 16777215, found the integer -1"
    )
    #expect(
      message(model("\"merges\":[],\"vocab\":{\"a\\nb\":-1}"))
        .hasPrefix("t.json: model.vocab[\"a\\nb\"]: expected an identifier"))
    #expect(message(model("\"merges\":[],\"vocab\":{\"a\":4000000000}")).contains("4000000000"))
    #expect(
      message(model("\"merges\":[],\"vocab\":{\"a\":\"b\"}")).hasSuffix("found the string \"b\""))
    #expect(
      message(model("\"merges\":[],\"vocab\":{\"a\":0},\"unk_token\":\"<unk>\""))
        == "t.json: model.unk_token: expected a token of model.vocab, found the string \"<unk>\"")
  }

  @Test func refusesUnknownComponentsByName() {
    let rest = "\"model\":{\"vocab\":{},\"merges\":[]}"
    func with(_ member: String) -> String { message("{\(member),\(rest)}") }
    #expect(
      with("\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Odd\"}]}")
        .hasPrefix("t.json: normalizer.normalizers[0].type: expected one of Sequence"))
    #expect(
      with(
        "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Digits\"},"
          + "{\"type\":\"UnicodeScripts\"}]}"
      ).hasPrefix("t.json: pre_tokenizer.pretokenizers[1].type: expected one of Sequence"))
    let decoder = with("\"decoder\":{\"type\":\"CTC\"}")
    #expect(decoder.hasPrefix("t.json: decoder.type: expected one of Sequence"))
    #expect(decoder.hasSuffix(", found the string \"CTC\""))
    #expect(
      with("\"post_processor\":{\"type\":\"Odd\"}")
        .hasPrefix("t.json: post_processor.type: expected one of TemplateProcessing"))
    #expect(
      with("\"pre_tokenizer\":{\"typ\":1}")
        == "t.json: pre_tokenizer.type: expected the name of a component, found nothing")
    #expect(
      message("{\"model\":{\"type\":\"WordLevel\",\"vocab\":{}}}")
        == "t.json: model.type: expected one of BPE, Unigram, found the string \"WordLevel\"")
  }

  @Test func refusesPatternsThatItCannotRunExactly() {
    func split(_ expression: String) -> String {
      message(
        "{\"pre_tokenizer\":{\"type\":\"Split\",\"behavior\":\"Isolated\",\"pattern\":"
          + "{\"Regex\":\"\(expression)\"}},\"model\":{\"vocab\":{},\"merges\":[]}}")
    }
    let place = "t.json: pre_tokenizer.pattern.Regex: "
    #expect(split("a+") == "no error")
    let long = String(repeating: "(", count: 300)
    #expect(split(long).hasSuffix("found the string \"\(long.prefix(60))...\""))
    #expect(
      split("(a") == "\(place)expected a regular expression that compiles, found the string \"(a\"")
    #expect(split("").contains("expected a pattern that is not empty, found the string"))
    #expect(
      split("a{1,3}+").contains(
        "expected a regular expression without '+' after an interval, found the string"))
    #expect(split("\\\\bx").contains("expected a regular expression without \\b, found the string"))
    #expect(
      split("(?m:a)").contains(
        "expected a regular expression without the group (?m, found the string"))
    #expect(split("[[:alpha:]]").contains("without a POSIX bracket, found the string"))
    #expect(split("a**").contains("without a quantifier after a quantifier, found the string"))
    #expect(split("(?<=a+)b").contains("without a look-behind of unknown length, found the string"))
    #expect(split("(?i:straße)").contains("without st in (?i), found the string"))
    #expect(
      split("((a|b){1000}){10}").contains("without more than 20000 instructions, found the string"))
    #expect(split("a{1001}").contains("without counts above 1000, found the string"))
    let deep = String(repeating: "(", count: 5000) + "a" + String(repeating: ")", count: 5000)
    #expect(split(deep).contains("without more than 100 groups in each other, found the string"))
  }

  @Test func namesWhatIsWrongWithUnigramModels() {
    func unigram(_ members: String) -> String {
      message("{\"model\":{\"type\":\"Unigram\",\(members)}}")
    }
    let vocabulary = "\"vocab\":[[\"<unk>\",0],[\"a\",-1.5e0]]"
    #expect(unigram("\(vocabulary),\"unk_id\":0") == "no error")
    #expect(
      unigram(vocabulary)
        == "t.json: model.unk_id: expected the identifier of the unknown token, found nothing")
    #expect(
      unigram("\(vocabulary),\"unk_id\":2")
        == "t.json: model.unk_id: expected an identifier below 2, found the integer 2")
    #expect(
      unigram("\"vocab\":[[\"a\",0],[\"b\"]],\"unk_id\":0")
        == "t.json: model.vocab[1]: expected a token with its score, as [token, score], found an array"
    )
    #expect(
      unigram("\"vocab\":[[\"a\",\"b\"]],\"unk_id\":0")
        == "t.json: model.vocab[0][1]: expected a number, found the string \"b\"")
    #expect(
      unigram("\"vocab\":[[\"a\",NaN]],\"unk_id\":0")
        == "t.json: model.vocab[0][1]: expected a finite number, found the number NaN")
    #expect(
      unigram("\"vocab\":[[\"a\",-1e999]],\"unk_id\":0")
        == "t.json: model.vocab[0][1]: expected a finite number, found the number -Infinity")
  }

  @Test func namesWhatIsWrongWithPrecompiledMaps() {
    func map(_ text: String) -> String {
      message(
        "{\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"\(text)\"},"
          + "\"model\":{\"vocab\":{},\"merges\":[]}}")
    }
    let place = "t.json: normalizer.precompiled_charsmap: "
    #expect(map("?") == "\(place)expected a string in base64, found the string \"?\"")
    #expect(
      map("AAAAAA==").contains("expected a trie that lies inside its 4 bytes, found the string"))
    #expect(
      map("CAAAAAAAAAA=").contains("expected a trie that lies inside its 8 bytes, found the string")
    )
    #expect(map("BAAAAAAAAAD/").contains("expected replacements in UTF-8, found the string"))
    #expect(map("BAAAAAAAAAA=") == "no error")
  }

  @Test func refusesTemplatesWithoutTheirTokens() {
    let single = "\"single\":[{\"SpecialToken\":{\"id\":\"<s>\",\"type_id\":0}}]"
    let processor = "{\"type\":\"TemplateProcessing\",\(single),\"special_tokens\":{}}"
    #expect(
      message("{\"post_processor\":\(processor),\"model\":{\"vocab\":{},\"merges\":[]}}")
        == "t.json: post_processor.special_tokens.<s>: expected an object with ids, found nothing")
  }
}
