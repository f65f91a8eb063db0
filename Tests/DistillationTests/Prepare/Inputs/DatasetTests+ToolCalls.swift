import Distillation
import HuggingFace
import JSON
import TestSupport
import Testing
import Tokenizers

/// Calls of tools in lines.
extension DatasetTests {
  private func line(_ calls: String, _ more: String = "") -> String {
    #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": "#
      + "\(calls)}]\(more)}"
  }

  /// The forms of Transformers, OpenAI and older data.
  @Test(arguments: [
    "[]", "null", #"[{"name": "a"}]"#,
    #"[{"type": "function", "function": {"name": "a", "arguments": {"b": 1}}, "id": "x"}]"#,
    #"[{"id": "x", "type": "function", "function": {"name": "a", "arguments": "{\"b\": 1}"}}]"#,
    #"[{"name": "a", "parameters": {}}, {"name": "b", "arguments": null, "parameters": {}}]"#,
  ])
  func callsOfEveryForm(calls: String) throws {
    let answered = line(calls).replacing(
      #""tool_calls""#, with: #""content": "b", "tool_calls""#)
    #expect(try read(answered, chat).examples.count == 1)
  }

  @Test(arguments: [
    ("{}", "expected a list of calls of tools, found an object"),
    (#""look""#, #"expected a list of calls of tools, found the string "look""#),
    ("[1]", "[0]: expected an object, found the integer 1"),
    (#"[{"name": "a"}, {}]"#, "[1].name: expected the name of a function, found nothing"),
    (#"[{"name": ""}]"#, "[0].name: expected the name of a function, found an empty string"),
    (#"[{"type": "web"}]"#, #"[0].type: expected "function", found "web""#),
    (
      #"[{"function": {"name": 1}}]"#,
      "[0].function.name: expected the name of a function, found the integer 1"
    ),
    (
      #"[{"name": "a", "arguments": [1]}]"#,
      "[0].arguments: expected an object, or its JSON as a text, found an array"
    ),
    (
      #"[{"name": "a", "arguments": null}]"#,
      "[0].arguments: expected an object, or its JSON as a text, found null"
    ),
    (
      #"[{"function": {"name": "a", "arguments": null, "parameters": null}}]"#,
      "[0].function.arguments: expected an object, or its JSON as a text, found null"
    ),
    (
      #"[{"function": {"name": "a", "arguments": "{\"b\": "}}]"#,
      "[0].function.arguments: expected an object, or its JSON as a text, found a text that is no JSON "
        + "(line 1, column 7: expected a value, found the end of the text)"
    ),
    (
      #"[{"name": "a", "arguments": "3"}]"#,
      "[0].arguments: expected an object, or its JSON as a text, found a text of the integer 3"
    ),
    (
      #"[{"name": "a", "arguments": {"b": [NaN]}}]"#,
      "[0].arguments.b[0]: expected a finite number, found the number NaN"
    ),
    (
      #"[{"name": "a", "arguments": "{\"b\": 1e999}"}]"#,
      "[0].arguments.b: expected a finite number, found the number Infinity"
    ),
  ])
  func wrongCallsAreNamedWithLineAndPlace(calls: String, reason: String) {
    let place = reason.hasPrefix("[") ? reason : ": \(reason)"
    expectRefusal(
      "2: messages[1].tool_calls\(place)", of: "{\"prompt\": \"a\"}\n\(line(calls))\n", chat)
  }

  /// The call is at fault, and not the template that reads what all calls have.
  @Test(arguments: [
    (
      #"[{"function": {"name": "a"}}]"#,
      "[0].function.arguments: expected an object, {} for none, which the chat template writes, found "
        + "nothing"
    ),
    (
      #"[{"function": {"name": "a", "arguments": {}}}, {"name": "a", "arguments": {}}]"#,
      "[1].function: expected an object with name and arguments, which the chat template reads there, "
        + "found nothing"
    ),
    (
      #"[{"name": "a"}]"#,
      "[0].function: expected an object with name and arguments, which the chat template reads there, "
        + "found nothing"
    ),
  ])
  func aCallThatLacksWhatTheTemplateReadsIsNamed(calls: String, reason: String) throws {
    let reader = try reader(
      of: "{% for m in messages %}{{ m.role[0] }}:{{ m.content or '' }}"
        + "{% for c in m.tool_calls or [] %}b{{ c.function.name }}"
        + "{{ c.function.arguments | tojson | length }}{% endfor %}\n{% endfor %}"
        + "{% if add_generation_prompt %}a:{% endif %}")
    let whole = line(#"[{"function": {"name": "a", "arguments": {}}}]"#)
    expectRefusal(
      "2: messages[1].tool_calls\(reason)", of: "\(whole)\n\(line(calls))\n", reader)
    // In a message before the response too.
    expectRefusal(
      "1: prompt[1].tool_calls\(reason)",
      of: #"{"prompt": [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": "#
        + #"\#(calls)}, {"role": "tool", "content": "b"}]}"#, reader)
    // What no call could mend stays the template's.
    let strict = try self.reader(
      of:
        "{% for m in messages %}{% if m.role == 'tool' %}{{ raise_exception('no tool') }}{% endif %}"
        + "{{ m.role[0] }}:{{ m.content or '' }}\n{% endfor %}"
        + "{% if add_generation_prompt %}a:{% endif %}")
    expectRefusal(
      "1: t: the template refuses the conversation: no tool",
      of: #"{"prompt": [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": "#
        + #"\#(calls)}, {"role": "tool", "content": "b"}]}"#, strict)
  }

  private func reader(of template: String) throws -> PromptReader {
    let tokenizer = try Tokenizer(
      JSONNode(parsing: Array(TinyTokenizer.json.utf8), file: "tokenizer.json"))
    let template = try ChatTemplate(source: template, location: "t", specialTokens: [:])
    return PromptReader(
      tokenizer, placement: try Placement(template: template, tokenizer: tokenizer),
      vocabularySize: TinyTokenizer.vocabularySize, contextFile: "context.txt")
  }

  @Test func callsAreOfTheToolsThatThereAre() throws {
    let tokenizer = try Tokenizer(
      JSONNode(parsing: Array(TinyTokenizer.json.utf8), file: "tokenizer.json"))
    func reader(_ tools: String?) throws -> PromptReader {
      let template = try ChatTemplate(
        source: "{% for m in messages %}{{ m.role[0] }}{{ m.content or '' }}"
          + (tools == nil
            ? "{{ tools | tojson if tools and m.role == 'user' }}"
            : "{{ tools | tojson if tools and m.role == 'system' }}")
          + "{% for c in m.tool_calls or [] %}{{ c.name }}{% endfor %}{% endfor %}"
          + "{{ 'a' if add_generation_prompt }}", location: "own.jinja", specialTokens: [:])
      return PromptReader(
        tokenizer,
        placement: try Placement(
          template: template,
          tools: try tools.map { try ToolDefinitions(parsing: Array($0.utf8), file: "tools.json") },
          tokenizer: tokenizer), vocabularySize: TinyTokenizer.vocabularySize,
        contextFile: "context.txt")
    }
    let run = try reader(#"[{"name": "look"}, {"type": "function", "function": {"name": "ring"}}]"#)
    let found =
      #"messages[1].tool_calls[0].name: expected one of the tools, look, ring, found "go""#
    #expect(try read(line(#"[{"name": "ring"}]"#), run).examples.count == 1)
    expectRefusal("1: \(found)", of: line(#"[{"name": "go"}]"#), run)
    // Of messages before the answer too, and of prompt and completion.
    expectRefusal(
      "1: prompt[1].tool_calls[0].function.name: expected one of the tools, look, ring, found \"go\"",
      of: #"""
        {"prompt": [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": \#
        [{"function": {"name": "go"}}]}, {"role": "tool", "content": "b"}], "completion": \#
        [{"role": "assistant", "content": "c"}]}
        """#, run)
    // Of a line's own tools; without any nothing is known of them.
    let own = try reader(nil)
    #expect(try read(line(#"[{"name": "go"}]"#), own).examples.count == 1)
    #expect(
      try read(line(#"[{"name": "go"}]"#, #", "tools": [{"name": "go"}]"#), own).examples.count == 1
    )
    expectRefusal(
      #"1: messages[1].tool_calls[0].name: expected one of the tools, look, found "go""#,
      of: line(#"[{"name": "go"}]"#, #", "tools": "[{\"name\": \"look\"}]""#), own)
    expectRefusal(
      "1: tools: expected a list of tools, or its JSON as a text, found a text that is no JSON "
        + #"(line 1, column 3: expected a key in quotes, found "]")"#,
      of: line("[]", #", "tools": "[{]""#).replacing(
        #""tool_calls""#, with: #""content": "b", "tool_calls""#), own)
    expectRefusal(
      "1: tools[0].maximum: expected a finite number, found the number NaN",
      of: line(#"[{"name": "go"}]"#, #", "tools": [{"name": "go", "maximum": NaN}]"#), own)
  }
}
