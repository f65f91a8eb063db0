import Foundation
import JSON
import TestSupport
import Testing

@testable import HuggingFace

@Suite("ChatTemplate")
struct ChatTemplateTests {
  private static let tokens = ["bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"]

  @Test(
    "every family's template renders as Jinja for Python renders it",
    arguments: TemplateGolden.names)
  func family(name: String) throws {
    let template = try ChatTemplate(
      source: TemplateGolden.template(name), location: name, specialTokens: Self.tokens,
      now: TemplateGolden.now)
    let cases: [JSONNode] = try TemplateGolden.json(name).required("cases")
    #expect(cases.count >= 20)
    for value in cases {
      let messages: [ChatMessage] = try value.required("messages")
      let addsPrompt: Bool = try value.required("add_generation_prompt")
      let variables = try TemplateGolden.variables(value)
      let found: TemplateGolden.Outcome
      do {
        found = .text(
          try template.render(
            messages, addingGenerationPrompt: addsPrompt, variables: variables))
      } catch {
        let refusal = "the template refuses the conversation: "
        found =
          error.reason.hasPrefix(refusal)
          ? .raised(String(error.reason.dropFirst(refusal.count))) : .error
      }
      let expected = try TemplateGolden.expected(value)
      #expect(found == expected, "\(value.path)")
    }
  }

  @Test("there is a golden template for every family that is promised")
  func families() {
    #expect(
      TemplateGolden.names == [
        "falcon", "gemma-2", "gemma-3", "granite", "llama-2", "llama-3", "llama-3.2", "macros",
        "mistral", "mistral-small", "olmo-2", "phi-3", "qwen-2.5", "qwen-3", "smollm-2",
        "smollm-3", "stablelm",
      ])
  }

  @Test("messages keep further members for the template, and it gets the variables")
  func extras() throws {
    let text = #"[{"role": "assistant", "content": "", "tool_calls": [{"name": "f"}]}]"#
    let json = try JSON(parsing: Array("{\"messages\": \(text)}".utf8))
    let messages: [ChatMessage] = try JSONNode(json, file: "x.jsonl").required("messages")
    let template = try ChatTemplate(
      source: "{{ messages[0].tool_calls[0].name }}{{ mode }}{{ bos_token }}", location: "t",
      specialTokens: Self.tokens)
    #expect(
      try template.render(
        messages, addingGenerationPrompt: false, variables: ["mode": .string("!")]) == "f!<s>")
  }

  @Test("an error is one line that names file and line, or the template's own message")
  func errors() throws {
    #expect {
      try ChatTemplate(source: "\n{% if %}", location: "m/chat_template.jinja", specialTokens: [:])
    } throws: { error in
      "\(error)" == "m/chat_template.jinja, line 2: expected an expression, found %}"
    }
    let template = try ChatTemplate(
      source: "{{ raise_exception('no ' ~ messages[0].role) }}", location: "t", specialTokens: [:])
    #expect {
      try template.render([ChatMessage(role: "user", content: "")], addingGenerationPrompt: true)
    } throws: { "\($0)" == "t: the template refuses the conversation: no user" }
    #expect {
      let text = #"{"messages": [{"role": "user", "content": ["x"]}]}"#
      let _: [ChatMessage] = try JSONNode(parsing: Array(text.utf8), file: "x.jsonl")
        .required("messages")
    } throws: {
      "\($0)" == "x.jsonl: messages[0].content[0]: expected an object, found the string \"x\""
    }
  }

  @Test("a folder's template: a file of its own, a text, a list of named texts, none")
  func folder() throws {
    let folder = try TemporaryFolder()
    func render() throws -> String? {
      try ModelFolder(at: folder.url).chatTemplate()?.render([], addingGenerationPrompt: false)
    }
    #expect(try render() == nil)
    try folder.write(
      "tokenizer_config.json", #"{"chat_template": "a{{ eos_token }}", "eos_token": "."}"#)
    #expect(try render() == "a.")
    try folder.write(
      "tokenizer_config.json",
      #"{"chat_template": [{"name": "tool_use", "template": "t"}, "#
        + #"{"name": "default", "template": "d"}]}"#
    )
    #expect(try render() == "d")
    try folder.write("chat_template.jinja", "file\n")
    #expect(try render() == "file")
    try folder.write("chat_template.jinja", [0xFF])
    #expect {
      try render()
    } throws: { error in
      "\(error)" == "\(folder.url.path)/chat_template.jinja: expected a text in UTF-8"
    }
    try FileManager.default.removeItem(at: folder.url.appending(path: "chat_template.jinja"))
    try folder.write(
      "tokenizer_config.json", #"{"chat_template": [{"name": "x", "template": "t"}]}"#)
    #expect {
      try render()
    } throws: { error in
      "\(error)" == "\(folder.url.path)/tokenizer_config.json: chat_template: "
        + "expected a template named default, or one of them in a file of its own, found x"
    }
    try folder.write(
      "tokenizer_config.json", #"{"chat_template": {"rag": "r", "default": "d{{ eos_token }}"}}"#)
    #expect(try render() == "d")
    try folder.write("tokenizer_config.json", #"{"chat_template": {"tool": "t", "rag": "r"}}"#)
    #expect {
      try render()
    } throws: { error in
      "\(error)".hasSuffix("in a file of its own, found rag, tool")
    }
  }

  @Test("built-in templates")
  func builtIn() throws {
    let messages = [
      ChatMessage(role: "system", content: "Be brief."),
      ChatMessage(role: "user", content: " Hi\n"),
    ]
    let chatML = try #require(try ChatTemplate.builtIn(named: "chatml"))
    #expect(
      try chatML.render(messages, addingGenerationPrompt: true)
        == "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n Hi\n<|im_end|>\n"
        + "<|im_start|>assistant\n")
    let llama3 = try #require(try ChatTemplate.builtIn(named: "llama3"))
    #expect(
      try llama3.render(messages, addingGenerationPrompt: true)
        == "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
        + "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
        + "<|start_header_id|>assistant<|end_header_id|>\n\n")
    let raw = try ChatTemplate.builtIn(named: "raw")
    #expect(raw == nil)
    #expect(ChatTemplate.builtInNames == ["chatml", "llama3"])
  }
}
