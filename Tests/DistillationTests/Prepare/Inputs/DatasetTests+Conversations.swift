import Distillation
import Foundation
import HuggingFace
import JSON
import TestSupport
import Testing
import Tokenizers

/// Lines with messages.
extension DatasetTests {
  @Test func toolsOfALineAreTheTemplates() throws {
    let tokenizer = try Tokenizer(
      JSONNode(parsing: Array(TinyTokenizer.json.utf8), file: "tokenizer.json"))
    func reader(_ source: String) throws -> PromptReader {
      let template = try ChatTemplate(source: source, location: "own.jinja", specialTokens: [:])
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
      "1: tools: expected none but those of the whole run, because own.jinja writes them next to the "
        + "context, where all lines are alike; give tools that all lines have with "
        + "tools, or with template-variable 'tools=[...]', which keeps them", of: lines, beside)
  }

  @Test func linesHaveNoToolsOfTheirOwnBesideTheRuns() throws {
    let tokenizer = try Tokenizer(
      JSONNode(parsing: Array(TinyTokenizer.json.utf8), file: "tokenizer.json"))
    let template = try ChatTemplate(
      source:
        "{% for m in messages %}<|im_start|>{{ m.content }}{% if tools and m.role == 'system' %}"
        + "{{ tools[0].name }}{% endif %}<|im_end|>{% endfor %}", location: "own.jinja",
      specialTokens: [:])
    let tools = try ToolDefinitions(
      JSONNode(parsing: Array(#"[{"name": "ca"}]"#.utf8), file: "tools.json"))
    let reader = PromptReader(
      tokenizer, placement: try Placement(template: template, tools: tools, tokenizer: tokenizer),
      vocabularySize: TinyTokenizer.vocabularySize, contextFile: "context.txt")
    // The run's own list, as data sets of TRL repeat it, is none of the line's own.
    let data = try read(
      #"""
      {"messages": [{"role": "user", "content": "c"}], "tools": [{"name": "ca"}]}
      {"messages": [{"role": "user", "content": "c"}], "tools": "[{\"name\": \"ca\"}]"}
      {"prompt": "c", "tools": [{"name": "ca"}]}
      {"messages": [{"role": "user", "content": "c"}]}
      """#, reader)
    #expect(data.examples.allSatisfy { $0.prompt == data.examples[3].prompt })
    #expect(data.unusedKeys.isEmpty)
    for line in [
      #"{"messages": [{"role": "user", "content": "c"}], "tools": [{"name": "b"}]}"#,
      #"{"prompt": "c", "tools": [{"name": "b"}]}"#,
    ] {
      expectRefusal(
        "1: tools: expected none but those of tools, which all lines have, found others", of: line,
        reader)
    }
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
    expectRefusal(
      "1: messages: expected a response with content or calls, found neither",
      of: #"{"messages": [{"role": "user", "content": "a"}, "#
        + #"{"role": "assistant", "tool_calls": []}]}"#, chat)
  }

  @Test func aCallOfToolsIsWrittenByTheTemplate() throws {
    let tokenizer = try Tokenizer(
      JSONNode(parsing: Array(TinyTokenizer.json.utf8), file: "tokenizer.json"))
    let template = try ChatTemplate(
      source: "{% for m in messages %}{{ m.role[0] }}:{{ m.content or '' }}"
        + "{% for c in m.tool_calls or [] %}b{{ c.name }}{% endfor %}\n{% endfor %}"
        + "{% if add_generation_prompt %}a:{% endif %}", location: "t", specialTokens: [:])
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
      {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "", \
      "tool_calls": [{"name": "a"}]}]}
      """, reader)
    #expect(try data.examples[0].response == tokenizer.encode("ba", addingSpecialTokens: false))
    #expect(data.examples[3].response == data.examples[0].response)
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
}
