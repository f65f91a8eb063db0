import Distillation
import Foundation
import HuggingFace
import JSON
import TestSupport
import Testing
import Tokenizers

@Suite struct DatasetTests {
  private let folder: TemporaryFolder
  private let text: PromptReader
  private let chat: PromptReader
  private let identifiers = PromptReader(identifiersBelow: 10, contextFile: "context.json")

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

  private func read(_ lines: String, _ reader: PromptReader? = nil) throws -> Dataset {
    try Dataset.read(try folder.write("inputs.jsonl", lines), reader: reader ?? text)
  }

  private func expectRefusal(
    _ message: String, of lines: String, _ reader: PromptReader? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let path = folder.url.appending(path: "inputs.jsonl").path
    expectError("\(path):\(message)", sourceLocation: sourceLocation) { try read(lines, reader) }
  }

  @Test func toolsOfALineAreTheTemplates() throws {
    let tokenizer = try Tokenizer(
      JSONNode(parsing: Array(TinyTokenizer.json.utf8), file: "tokenizer.json"))
    func reader(_ source: String) throws -> PromptReader {
      let template = try ChatTemplate(source: source, place: "own.jinja", specialTokens: [:])
      return PromptReader(
        tokenizer, placement: try Placement(template: template, tokenizer: tokenizer),
        vocabularySize: TinyTokenizer.vocabularySize, contextFile: "context.txt")
    }
    let turn = try reader(
      "{% for m in messages %}<|im_start|>{% if tools and m.role == 'user' %}{{ tools[0] }}"
        + "{% endif %}{{ m.content }}<|im_end|>{% endfor %}")
    let lines = #"""
      {"messages": [{"role": "user", "content": "c"}], "tools": ["b"]}
      {"messages": [{"role": "user", "content": "c"}], "tools": "[\"a\"]"}
      {"messages": [{"role": "user", "content": "c"}], "tools": []}
      {"messages": [{"role": "user", "content": "c"}], "tools": null}
      """#
    let data = try read(lines, turn)
    #expect(data.examples.map(\.prompt) == [[2, 3, 8], [1, 3, 8], [3, 8], [3, 8]])
    #expect(data.unusedKeys.isEmpty)
    #expect(try read(lines, chat).unusedKeys == ["tools"])
    expectRefusal(
      "1: tools: expected a list of tools, found the integer 1",
      of: #"{"messages": [{"role": "user", "content": "c"}], "tools": 1}"#, turn)
    let beside = try reader(
      "{% for m in messages %}<|im_start|>{{ m.content }}{% if tools and m.role == 'system' %}"
        + "{{ tools[0] }}{% endif %}<|im_end|>{% endfor %}")
    expectRefusal(
      "1: tools: expected none but those of the whole run, because own.jinja writes them beside the "
        + "context, where all lines are alike; give tools that all lines have with "
        + "--template-variable 'tools=[...]'", of: lines, beside)
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

  @Test func aCompletionThatWouldMeltIntoThePromptStaysApart() throws {
    #expect(
      try read(#"{"prompt": "ca", "completion": "bc"}"#).examples.first?.response == [2, 3])
  }

  @Test func aChatEndsItsResponseAsTheTemplateDoes() throws {
    let data = try read(
      """
      {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "bc"}]}
      {"prompt": "a", "completion": "bc"}
      {"messages": [{"role": "user", "content": "a"}]}
      """, chat)
    #expect(data.examples.map(\.response) == [[2, 3, 8], [2, 3, 8], nil])
    #expect(data.examples[0].prompt == data.examples[1].prompt)
    #expect(data.examples[0].prompt == data.examples[2].prompt)
    // The prompt ends where the assistant's answer begins.
    #expect(data.examples[0].prompt.last == 6)
    #expect(data.examples[0].prompt.contains(7))
  }

  @Test func aConversationMayBeCutIntoPromptAndCompletion() throws {
    let data = try read(
      """
      {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "bc"}]}
      {"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "bc"}]}
      {"prompt": [{"role": "user", "content": "a"}], "completion": null, "messages": null}
      """, chat)
    #expect(data.examples.map(\.response) == [[2, 3, 8], [2, 3, 8], nil])
    #expect(data.examples.allSatisfy { $0.prompt == data.examples[0].prompt })
    #expect(data.unusedKeys.isEmpty)
  }

  @Test func aSystemMessageThatRepeatsTheContextIsDropped() throws {
    let tokenizer = try Tokenizer(
      JSONNode(parsing: Array(TinyTokenizer.json.utf8), file: "tokenizer.json"))
    let template = try #require(try ChatTemplate.builtIn(named: "chatml"))
    let reader = PromptReader(
      tokenizer, placement: try Placement(template: template, tokenizer: tokenizer),
      vocabularySize: TinyTokenizer.vocabularySize, contextFile: "context.txt",
      contextText: "a b\n")
    let data = try read(
      """
      {"messages": [{"role": "user", "content": "ab"}]}
      {"messages": [{"role": "system", "content": "a b"}, {"role": "user", "content": "ab"}]}
      """, reader)
    #expect(data.examples[0].prompt == data.examples[1].prompt)
    expectRefusal(
      "1: messages[0]: expected no system message but the context, which takes its place, found "
        + "another one; leave it out, or make it the context",
      of: #"{"messages": [{"role": "system", "content": "b"}, {"role": "user", "content": "a"}]}"#,
      reader)
  }

  @Test func geminisModelIsTheAssistant() throws {
    let data = try read(
      """
      {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
      {"messages": [{"role": "user", "content": "a"}, {"role": "model", "content": "b"}]}
      """, chat)
    #expect(data.examples[0].response == data.examples[1].response)
    #expect(data.examples[0].prompt == data.examples[1].prompt)
  }

  @Test func unknownRolesAreRefusedByName() {
    expectRefusal(
      "1: messages: expected the role user, assistant, tool or developer, found \"User\", which "
        + "template chatml does not mention",
      of: #"{"messages": [{"role": "User", "content": "a"}]}"#, chat)
  }

  @Test func membersOfMessagesThatChangeNothingAreNamed() throws {
    let data = try read(
      """
      {"messages": [{"role": "user", "name": "x", "content": "a"}, {"role": "assistant", \
      "weight": 0, "content": "b"}, {"role": "user", "content": "a"}, {"role": "assistant", \
      "reasoning_content": "c", "content": "b"}], "response": "d"}
      """, chat)
    #expect(
      data.unusedKeys
        == ["name of messages", "reasoning_content of messages", "response", "weight of messages"])
  }

  @Test func toolCallsThatTheTemplateDoesNotWriteAreNoResponse() {
    expectRefusal(
      "1: messages: expected a response with content, because the chat template writes no "
        + "tool_calls, found tool_calls alone",
      of: #"{"messages": [{"role": "user", "content": "a"}, "#
        + #"{"role": "assistant", "tool_calls": [{"name": "a"}]}]}"#, chat)
  }

  @Test func aCallOfToolsIsWrittenByTheTemplate() throws {
    let tokenizer = try Tokenizer(
      JSONNode(parsing: Array(TinyTokenizer.json.utf8), file: "tokenizer.json"))
    let template = try ChatTemplate(
      source: "{% for m in messages %}{{ m.role[0] }}:{{ m.content or '' }}"
        + "{% for c in m.tool_calls or [] %}b{{ c.name }}{% endfor %}\n{% endfor %}"
        + "{% if add_generation_prompt %}a:{% endif %}", place: "t", specialTokens: [:])
    let reader = PromptReader(
      tokenizer, placement: try Placement(template: template, tokenizer: tokenizer),
      vocabularySize: TinyTokenizer.vocabularySize, contextFile: "context.txt")
    let data = try read(
      """
      {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": null, \
      "tool_calls": [{"name": "a"}]}]}
      {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", \
      "tool_calls": [{"name": "a"}]}, {"role": "tool", "content": "b"}]}
      {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "ba"}, \
      {"role": "tool", "content": "b"}]}
      """, reader)
    #expect(try data.examples[0].response == tokenizer.encode("ba", addingSpecialTokens: false))
    #expect(data.examples[1].prompt == data.examples[2].prompt)
  }

  @Test func partsOfTextAreOneText() throws {
    let data = try read(
      """
      {"messages": [{"role": "user", "content": "a b"}, {"role": "assistant", "content": "ab"}]}
      {"messages": [{"role": "user", "content": [{"type": "text", "text": "a "}, {"type": "text", \
      "text": "b", "image": null}]}, {"role": "assistant", "content": [{"type": "text", "text": "ab"}]}]}
      """, chat)
    #expect(data.examples[0].prompt == data.examples[1].prompt)
    #expect(data.examples[0].response == data.examples[1].response)
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
      "completion_ids: expected no such key beside prompt, found one"
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
      #"{"messages": [{"role": "assistant", "content": null, "tool_calls": [{}]}]}"#,
      "messages: expected a user's message before the response, found none"
    ),
    (
      #"{"messages": [{"role": "user", "content": "a"}], "completion_ids": [1]}"#,
      "completion_ids: expected no such key beside messages, found one"
    ),
    (
      #"{"messages": [{"role": "user", "content": "a"}], "completion": "a"}"#,
      "completion: expected no such key beside messages, found one"
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
      "a conversation needs a chat template, and the model has none; choose one with --template, "
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

  @Test func whatIsNotJSONIsRefusedWithItsPlace() {
    expectRefusal(
      #"2:14: expected "," or "}" in an object, found the end of the line"#,
      of: "{\"prompt\": \"a\"}\n{\"prompt\": 12")
  }

  @Test(arguments: ["", "\n \n"])
  func emptyFilesAreRefused(content: String) throws {
    expectRefusal(" expected one JSON object a line, found an empty file", of: content)
  }
}
