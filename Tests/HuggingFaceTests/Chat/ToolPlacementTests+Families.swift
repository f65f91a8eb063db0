import Testing

@testable import HuggingFace

/// Where the templates of model families write tools, in small templates of the same form.
extension ToolPlacementTests {
  /// Mistral's templates with a system prompt of its own write them behind its end, where that of
  /// the student is the beginning of the user's turn.
  @Test func toolsBehindTheEndOfTheSystemMessageAreRefused() throws {
    let template = try template(
      "{% for m in messages %}{% if m.role == 'system' %}[SYSTEM_PROMPT]{{ m.content }}[/SYSTEM_PROMPT]"
        + "{% else %}{% if tools and loop.last %}[AVAILABLE_TOOLS]{{ tools | tojson }}[/AVAILABLE_TOOLS]"
        + "{% endif %}[INST]{{ m.content }}[/INST]{% endif %}{% endfor %}")
    #expect(throws: PlacementError.toolsElsewhere(template: "own.jinja")) {
      try Placement(template: template, tools: tools, tokenizer: tokenizer)
    }
  }

  /// SmolLM3 reads a variable of another name, Phi-4-mini a member of the system message, Gemma 3
  /// none.
  @Test(arguments: [
    "{{ xml_tools | tojson if xml_tools }}", "{{ m.tools if m.tools }}", "",
  ])
  func toolsOfAnotherNameAreNotRead(part: String) throws {
    let template = try template(
      "{% for m in messages %}<|im_start|>{{ m.content }}\(part)<|im_end|>{% endfor %}")
    #expect(throws: PlacementError.toolsNotRead(template: "own.jinja")) {
      try Placement(template: template, tools: tools, tokenizer: tokenizer)
    }
  }

  /// Llama 3.1 and 3.2 write them into the first user's message, unless a variable moves them.
  @Test func aVariableMovesTools() throws {
    let template = try template(
      "{% if not inside is defined %}{% set inside = true %}{% endif %}{% for m in messages %}<|im_start|>"
        + "{% if tools and (inside and m.role == 'user' or not inside and m.role == 'system') %}"
        + "{{ tools | tojson }}{% endif %}{{ m.content }}<|im_end|>{% endfor %}")
    #expect(throws: PlacementError.toolsElsewhere(template: "own.jinja")) {
      try Placement(template: template, tools: tools, tokenizer: tokenizer)
    }
    _ = try check(
      template, context: "Be brief.", variables: TemplateVariables(["inside": .bool(false)]),
      messages: Self.turns, tokenizer: tokenizer)
  }
}
