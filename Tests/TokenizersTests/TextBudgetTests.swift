import Foundation
import JSON
import Testing
import Tokenizers

/// Files that make gigabytes of a short text, or take hours for it, give an error of one line.
@Suite struct TextBudgetTests {
  private func tokenizer(_ members: String) throws -> Tokenizer {
    let json = """
      {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "\\u0120": 2, "c": 3}, "merges": []}, \
      \(members)}
      """
    return try Tokenizer(JSONNode(parsing: Array(json.utf8), file: "t.json"))
  }

  private func message(_ members: String, _ text: String) throws -> String {
    let tokenizer = try tokenizer(members)
    do {
      _ = try tokenizer.encode(text)
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  private func list(_ component: String, _ count: Int) -> String {
    Array(repeating: component, count: count).joined(separator: ",")
  }

  private static let double =
    #"{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}"#
  private static let byteLevel =
    #"{"type": "ByteLevel", "add_prefix_space": true, "use_regex": false}"#

  @Test func refusesNormalizersThatDouble() throws {
    let members =
      "\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": [\(list(Self.double, 40))]}"
    #expect(
      try message(members, "a")
        == "t.json: the tokenizer is refused: its components make more than 16777280 bytes of a "
        + "text of 1 bytes")
    #expect(try message(members, "b") == "no error")
  }

  @Test func refusesContentsThatMultiply() throws {
    let content = String(repeating: "a", count: 100_000)
    let replace =
      "{\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}, \"content\": \"\(content)\"}"
    let members = "\"normalizer\": \(replace)"
    #expect(try message(members, "a") == "no error")
    #expect(try message(members, String(repeating: "a", count: 4000)).contains("16777216") == false)
    #expect(
      try message(members, String(repeating: "a", count: 4000))
        .hasSuffix("make more than 17033216 bytes of a text of 4000 bytes"))
  }

  @Test func refusesByteLevelsOfByteLevels() throws {
    let members =
      "\"pre_tokenizer\": {\"type\": \"Sequence\", \"pretokenizers\": [\(list(Self.byteLevel, 1000))]}"
    #expect(try message(members, "é").contains("make more than 16777344 bytes"))
  }

  @Test func refusesHostilePatternsInEveryPlace() throws {
    let text = String(repeating: "a", count: 2000)
    let pattern = #"{"Regex": "(a|aa)+c"}"#
    let end =
      "its regular expression \"(a|aa)+c\" takes more than 5400000 steps on a text of 2000 bytes"
    #expect(
      try message(
        "\"pre_tokenizer\": {\"type\": \"Split\", \"behavior\": \"Isolated\", \"pattern\": \(pattern)}",
        text
      ).hasSuffix(end))
    let replace = "{\"type\": \"Replace\", \"pattern\": \(pattern), \"content\": \"\"}"
    #expect(try message("\"normalizer\": \(replace)", text).hasSuffix(end))
    let decoder = try tokenizer(
      "\"decoder\": {\"type\": \"Sequence\", \"decoders\": [{\"type\": \"Fuse\"}, \(replace)]}")
    #expect(throws: TokenizerError.self) {
      try decoder.decode(Array(repeating: 0, count: 2000))
    }
  }

  @Test func refusesDecodersThatDouble() throws {
    let doubling = try tokenizer(
      "\"decoder\": {\"type\": \"Sequence\", \"decoders\": [\(list(Self.double, 40))]}")
    #expect(throws: TokenizerError.self) { try doubling.decode([0]) }
    #expect(try doubling.decode([1]) == "b")
  }

  /// White space that several tokens strip is scanned once.
  @Test func stripsLongWhiteSpaceInLinearTime() throws {
    let space = #"{"content": " ", "lstrip": true, "rstrip": true, "special": true}"#
    let tokenizer = try tokenizer("\"added_tokens\": [\(space)]")
    let count = 200_000
    let ids = try tokenizer.encode("a" + String(repeating: " ", count: count) + "b")
    #expect(ids.count == count + 2)
  }
}
