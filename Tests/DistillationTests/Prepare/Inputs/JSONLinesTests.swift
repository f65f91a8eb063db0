import Distillation
import Foundation
import HuggingFace
import JSON
import TestSupport
import Testing
import Tokenizers

/// Files that are no JSONL are named by their kind, once; files that differ only in their line ends
/// are read.
@Suite struct JSONLinesTests {
  private let folder: TemporaryFolder
  private let reader: PromptReader

  init() throws {
    folder = try TemporaryFolder()
    let tokenizer = try Tokenizer(
      JSONNode(parsing: Array(TinyTokenizer.json.utf8), file: "tokenizer.json"))
    reader = PromptReader(
      tokenizer, placement: Placement(raw: tokenizer),
      vocabularySize: TinyTokenizer.vocabularySize, contextFile: "context.txt")
  }

  private func expectFound(
    _ found: String, in bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let url = try folder.write("inputs.jsonl", bytes)
    expectError(
      "\(url.path): expected one JSON object a line, found \(found)", sourceLocation: sourceLocation
    ) { try Dataset.read(url, reader: reader) }
  }

  private func expectRefusal(
    _ location: String, of text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let url = try folder.write("inputs.jsonl", text)
    expectError("\(url.path):\(location)", sourceLocation: sourceLocation) {
      try Dataset.read(url, reader: reader)
    }
  }

  @Test(arguments: [
    #"[{"prompt": "a"}, {"prompt": "b"}]"#, "[\n {\"prompt\": \"a\"},\n {\"prompt\": \"b\"}\n]\n",
    "\n[ {\"prompt\": \"a\" \n",
  ])
  func arrays(text: String) throws {
    try expectFound(
      "a JSON array; jq -c '.[]' writes its elements a line each", in: Array(text.utf8))
  }

  @Test(arguments: [
    "{\n  \"prompt\": \"a\"\n}\n{\n  \"prompt\": \"b\"\n}\n", "{\"prompt\":\n\"a\"}",
    "{\r\n\"prompt\": 1}",
  ])
  func objectsOverSeveralLines(text: String) throws {
    try expectFound(
      "JSON objects over several lines each; jq -c . writes them a line each", in: Array(text.utf8))
  }

  @Test(arguments: [
    "prompt,completion\n\"a\",\"b\"\n", "prompt\tcompletion\na\tb\n",
    "\"prompt\";\"x\"\r\n\"a;b\";\"c\"\r\n",
    "1,a\n2,b\n",
  ])
  func tables(text: String) throws {
    try expectFound(
      "a table, as in a CSV file; write each row as {\"prompt\": \"...\", \"completion\": \"...\"}",
      in: Array(text.utf8))
  }

  @Test func otherTextAndOtherFiles() throws {
    try expectFound(
      "text that is no JSON; write each prompt as {\"prompt\": \"...\"}",
      in: Array("How do I return a parcel?\nWhen?\n".utf8))
    try expectFound(
      "strings that hold JSON: it was encoded twice; jq -c fromjson undoes one of them",
      in: Array(#""{\"prompt\": \"a\"}""#.utf8))
    try expectFound(
      "text in UTF-16; save it in UTF-8, for example with iconv -f UTF-16 -t UTF-8",
      in: [0xFF, 0xFE] + Array(#"{"prompt": "a"}"#.utf8).flatMap { [$0, 0] })
    try expectFound("gzip data; unpack it with gunzip", in: [0x1F, 0x8B, 8, 0])
    try expectFound(
      "an HTML page; download the file itself, not the page that shows it",
      in: Array("<!doctype html>\n<p>".utf8))
  }

  @Test func aLineAloneIsToBlame() throws {
    try expectRefusal(
      "1:2: expected a key in quotes, found a single quote, where JSON has double quotes",
      of: "{'prompt': 'a'}\n")
    try expectRefusal(
      "1:16: expected the end of the line, found \",\"",
      of: "{\"prompt\": \"a\"},\n{\"prompt\": \"b\"}\n")
    try expectRefusal(
      "1:1: expected a value, found a comment, which JSON does not have",
      of: "// mine\n{\"prompt\": \"a\"}\n")
    try expectRefusal(
      "1:29: expected a value, found Python's None, where JSON has null",
      of: "{\"prompt\": \"a\", \"response\": None}\n")
    try expectRefusal("2: expected an object, found an array", of: "{\"prompt\": \"a\"}\n[1]\n")
    try expectRefusal("1: expected an object, found null", of: "null\n")
    let latin = try folder.write(
      "inputs.jsonl", Array("{\"prompt\": \"caf".utf8) + [0xE9, 0x22, 0x7D])
    expectError(
      "\(latin.path):1:16: expected text in UTF-8, found byte 0xe9, in Latin-1 and Windows-1252 \"é\"; "
        + "iconv -f WINDOWS-1252 -t UTF-8 converts it"
    ) { try Dataset.read(latin, reader: reader) }
  }

  @Test(arguments: [
    (
      "instruction\": 1, \"output",
      "instruction, output; write instruction and input as prompt, and "
        + "output as completion"
    ),
    ("conversations", "conversations; write them as messages, from and value as role and content"),
    (
      "question\": 1, \"answer",
      "question, answer; write question as prompt, and answer as completion"
    ),
    ("text", "text; write the question in text as prompt"),
    ("other", "other"),
  ])
  func formsOfOtherPrograms(keys: String, found: String) throws {
    try expectRefusal(
      "1: expected an object with one of prompt, messages, prompt_ids, found \(found)",
      of: "{\"\(keys)\": 2}\n")
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func everyLineEnd(end: String) throws {
    let text = ["{\"prompt\": \"a\"}", "", "{\"prompt\": \"b\"}"].joined(separator: end) + end
    let data = try Dataset.read(try folder.write("inputs.jsonl", text), reader: reader)
    #expect(data.examples.map(\.prompt) == [[1], [2]])
    #expect(data.examples.map(\.line) == [1, 3])
  }
}
