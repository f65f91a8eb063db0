import Distillation
import Foundation
import HuggingFace
import JSON
import TestSupport
import Testing
import Tokenizers

/// Input files as examples of token ids.
@Suite struct DatasetTests {
  /// The folder of the input file.
  let folder: TemporaryFolder
  /// Reads text for a raw model.
  let text: PromptReader
  /// Reads text for the template `chatml`.
  let chat: PromptReader
  /// Reads ids below 10.
  let identifiers = PromptReader(identifiersBelow: 10, contextFile: "context.json")

  init() throws {
    folder = try TemporaryFolder()
    let tokenizer = try Tokenizer(
      JSONNode(parsing: Array(TinyTokenizer.json.utf8), file: "tokenizer.json"))
    text = PromptReader(
      tokenizer, placement: Placement(raw: tokenizer),
      vocabularySize: TinyTokenizer.vocabularySize, contextFile: "context.txt")
    let template = try #require(try ChatTemplate.builtIn(named: "chatml"))
    chat = PromptReader(
      tokenizer, placement: try Placement(template: template, tokenizer: tokenizer),
      vocabularySize: TinyTokenizer.vocabularySize, contextFile: "context.txt")
  }

  /// The examples of a file with these lines.
  func read(_ lines: String, _ reader: PromptReader? = nil) throws -> Dataset {
    try Dataset.read(try folder.write("inputs.jsonl", lines), reader: reader ?? text)
  }

  /// Expects that a file with these lines is refused.
  func expectRefusal(
    _ message: String, of lines: String, _ reader: PromptReader? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let path = folder.url.appending(path: "inputs.jsonl").path
    expectError("\(path):\(message)", sourceLocation: sourceLocation) { try read(lines, reader) }
  }

  @Test func promptsAndCompletionsBecomeIdentifiers() throws {
    let data = try read(
      """
      {"prompt": "abc", "completion": " c"}

      {"prompt": "c", "completion": null, "id": 7}\r
      """)
    let path = folder.url.appending(path: "inputs.jsonl").path
    #expect(
      data.examples == [
        InputExample(prompt: [4, 3], response: [5, 3], line: 1, file: path),
        InputExample(prompt: [3], response: nil, line: 3, file: path),
      ])
    #expect(data.unusedKeys == ["id"])
  }

  @Test func aCompletionThatWouldJoinThePromptIsTokenizedAlone() throws {
    #expect(
      try read(#"{"prompt": "ca", "completion": "bc"}"#).examples.first?.response == [2, 3])
  }

  @Test func identifiersAreTakenAsTheyAre() throws {
    let data = try read(#"{"prompt_ids": [0, 9], "completion_ids": [3]}"#, identifiers)
    #expect(data.examples.map(\.prompt) == [[0, 9]])
    #expect(data.examples.map(\.response) == [[3]])
  }

  @Test(arguments: [
    (#"{"prompt": "a", "completion": ""}"#, "completion: expected a text, found an empty string"),
    (#"{"prompt": "", "completion": "a"}"#, "prompt: expected a text, found an empty string"),
    (
      ##"{"prompt": "#"}"##,
      "prompt: expected a text, found one that the tokenizer leaves nothing of"
    ),
    (#"{"prompt": 3}"#, "prompt: expected a string, found the integer 3"),
    (#"["a"]"#, "expected an object, found an array"),
    (
      "{}",
      "expected an object with one of prompt, messages, prompt_ids, found no key with a value"
    ),
    (
      #"{"completion": "a"}"#,
      "expected an object with one of prompt, messages, prompt_ids, found completion"
    ),
    (
      #"{"prompt": "a", "messages": []}"#,
      "expected an object with one of prompt, messages, prompt_ids, found prompt and messages"
    ),
    (
      #"{"prompt": "a", "completion_ids": [1]}"#,
      "completion_ids: expected no such key with prompt, found one"
    ),
    (#"{"messages": []}"#, "messages: expected a user's message before the response, found none"),
    (
      #"{"messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}]}"#,
      "messages[0]: expected no system message but the context, which takes its place, found "
        + "another one; leave it out, or make it the context"
    ),
    (
      #"{"messages": [{"role": "user"}]}"#,
      "messages[0].content: expected a string or a list of text parts, found nothing"
    ),
    (
      #"{"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image"}]}]}"#,
      "messages[0].content[1].type: expected \"text\", found \"image\""
    ),
    (
      #"{"messages": [{"role": "assistant", "content": null, "tool_calls": [{"name": "a"}]}]}"#,
      "messages: expected a user's message before the response, found none"
    ),
    (
      #"{"messages": [{"role": "user", "content": "a"}], "completion_ids": [1]}"#,
      "completion_ids: expected no such key with messages, found one"
    ),
    (
      #"{"messages": [{"role": "user", "content": "a"}], "completion": "a"}"#,
      "completion: expected no such key with messages, found one"
    ),
    (#"{"prompt": []}"#, "prompt: expected a user's message before the response, found none"),
    (
      #"{"prompt": [{"role": "assistant", "content": "a"}]}"#,
      "prompt: expected a user's message before the response, found the assistant's"
    ),
    (
      #"{"prompt": [{"role": "user", "content": null}]}"#,
      "prompt[0].content: expected a string or a list of text parts, found null"
    ),
    (
      #"{"prompt": [{"role": "user", "content": "a"}], "completion": "b"}"#,
      "completion: expected an array, found the string \"b\""
    ),
    (
      #"{"prompt": "a", "completion": [{"role": "assistant", "content": "b"}]}"#,
      "completion: expected a string, found an array"
    ),
    (
      #"{"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "user", "content": "b"}]}"#,
      "completion: expected one message of the assistant, found one of role user"
    ),
    (
      #"{"prompt": [{"role": "user", "content": "a"}], "completion": []}"#,
      "completion: expected one message of the assistant, found 0"
    ),
    (
      #"{"messages": [{"role": "user", "content": ""}]}"#,
      "messages[0].content: expected a text, found an empty string"
    ),
    (
      #"{"messages": [{"role": "assistant", "content": "a"}]}"#,
      "messages: expected a user's message before the response, found none"
    ),
    (
      #"{"messages": [{"role": "user", "content": "a"}]}"#,
      "a conversation needs a chat template, and there is none; choose one with template, "
        + "or give prompts as texts"
    ),
    (
      #"{"prompt_ids": [1]}"#,
      "expected prompt or messages, because context.txt holds text, found prompt_ids"
    ),
  ])
  func badLinesAreRefusedWithTheirNumber(line: String, reason: String) {
    expectRefusal("2: \(reason)", of: "{\"prompt\": \"a\"}\n\(line)\n")
  }

  @Test(arguments: [
    (#"{"prompt_ids": []}"#, "prompt_ids: expected token ids, found an empty array"),
    (
      #"{"prompt_ids": [1], "completion_ids": []}"#,
      "completion_ids: expected token ids, found an empty array"
    ),
    (#"{"prompt_ids": [1, 10]}"#, "prompt_ids[1]: expected an id from 0 to 9, found 10"),
    (
      #"{"prompt_ids": [1], "completion_ids": [-1]}"#,
      "completion_ids[0]: expected an id from 0 to 9, found -1"
    ),
    (
      #"{"prompt": "a"}"#,
      "expected prompt_ids, because context.json holds ids, found prompt"
    ),
  ])
  func badIdentifiersAreRefusedWithTheirLine(line: String, reason: String) {
    expectRefusal("1: \(reason)", of: line, identifiers)
  }

  @Test func invalidJSONIsRefusedWithItsPosition() {
    expectRefusal(
      #"2:14: expected "," or "}" in an object, found the end of the line"#,
      of: "{\"prompt\": \"a\"}\n{\"prompt\": 12")
  }

  @Test(arguments: ["", "\n \n"])
  func emptyFilesAreRefused(content: String) throws {
    expectRefusal(" expected one JSON object a line, found an empty file", of: content)
  }
}
