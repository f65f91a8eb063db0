import JSON
import TestSupport
import Testing
import Tokenizers

@testable import HuggingFace

/// The tools of a run in the context's place: the text that the teacher reads is the template's,
/// and the frame around the learned prompt is that of the template without tools.
@Suite struct ToolPlacementTests {
  private static let list = """
    [{"type": "function", "function": {"name": "look_up", "description": "Looks a word up.",
      "parameters": {"type": "object", "properties": {"word": {"type": "string"}}}}},
     {"type": "function", "function": {"name": "ring", "parameters": {}}}]
    """

  let tokenizer: Tokenizer
  let tools: ToolDefinitions

  init() throws {
    tokenizer = try PlacementTests.tokenizer()
    tools = try ToolDefinitions(JSONNode(parsing: Array(Self.list.utf8), file: "tools.json"))
  }

  func template(_ source: String) throws -> ChatTemplate {
    try ChatTemplate(source: source, location: "own.jinja", specialTokens: [:])
  }

  /// Checks a placement against what the template writes with tools and without.
  func check(
    _ template: ChatTemplate, context: String?, variables: TemplateVariables = .init(),
    messages: [[ChatMessage]], tokenizer: Tokenizer
  ) throws -> Placement {
    let placement = try Placement(
      template: template, variables: variables, tools: tools, hasContext: context != nil,
      tokenizer: tokenizer)
    let bare = try Placement(template: template, variables: variables, tokenizer: tokenizer)
    #expect(placement.frame == bare.frame)
    let placed = try placement.contextTokens(of: context)
    #expect(!placed.isCut)
    for conversation in messages {
      var values = variables.values
      values["tools"] = tools.json
      let system = context.map { [ChatMessage(role: "system", content: $0)] } ?? []
      let whole = try template.render(
        system + conversation, addingGenerationPrompt: true, variables: values)
      let prompt = try placement.promptTokens(of: conversation)
      #expect(prompt == (try bare.promptTokens(of: conversation)))
      #expect(
        try placed.header + placed.identifiers + placed.closing + prompt.identifiers
          == tokenizer.encode(whole, addingSpecialTokens: false))
    }
    let text = try tokenizer.decode(placed.identifiers)
    #expect(text.contains("look_up") && text.contains("ring"))
    return placement
  }

  static let turns = [
    [ChatMessage(role: "user", content: "Hi")],
    [
      ChatMessage(role: "user", content: "A?"), ChatMessage(role: "assistant", content: "A."),
      ChatMessage(role: "user", content: "\nB?"),
    ],
  ]

  @Test(arguments: ["Be brief.", nil])
  func insideTheSystemMessage(context: String?) throws {
    let placement = try check(
      PlacementTests.template("qwen-2.5"), context: context, messages: Self.turns,
      tokenizer: tokenizer)
    let text = try tokenizer.decode(placement.contextTokens(of: context).identifiers)
    // The template's own system message stands for the missing one, as in apply_chat_template.
    #expect(text.hasPrefix((context ?? "You are a model made for tests.") + "\n\n# Tools\n"))
    #expect(text.hasSuffix("\n</tools>"))
    #expect(try tokenizer.decode(placement.frame.header) == "<|im_start|>system\n")
  }

  @Test func beforeTheEndOfTheHeader() throws {
    let placement = try check(
      PlacementTests.template("llama-3.2"), context: "Be brief.", messages: Self.turns,
      tokenizer: tokenizer)
    let placed = try placement.contextTokens(of: "Be brief.")
    #expect(placed.header.count < placement.frame.header.count)
    #expect(placement.frame.header.starts(with: placed.header))
    let text = try tokenizer.decode(placed.identifiers)
    #expect(text.contains("Environment: ipython\n") && text.hasSuffix("Be brief."))
    // The learned prompt stands behind the header that the template writes without tools.
    #expect(try tokenizer.decode(placement.frame.header).contains("Today is: "))
    #expect(try !tokenizer.decode(placement.frame.header).contains("ipython"))
  }

  @Test func beforeTheContextInTheFirstUsersMessage() throws {
    let template = try PlacementTests.template("mistral")
    let placement = try check(
      template, context: "Be brief.", messages: [Self.turns[0]], tokenizer: tokenizer)
    let text = try tokenizer.decode(placement.contextTokens(of: "Be brief.").identifiers)
    #expect(text.contains("[/AVAILABLE_TOOLS]") && text.hasSuffix("Be brief."))
    // Without a context there is no empty line before the prompt.
    #expect(throws: PlacementError.toolsElsewhere(template: "mistral")) {
      try Placement(template: template, tools: tools, hasContext: false, tokenizer: tokenizer)
    }
  }

  @Test func inAMessageOfTheirOwn() throws {
    for (before, after) in [("before", ""), ("", "after")] {
      let template = try template(
        """
        {%- macro list() %}<|im_start|>tools
        {{ tools | tojson }}<|im_end|>
        {% endmacro %}
        {%- if tools and '\(before)' %}{{ list() }}{% endif %}
        {%- for m in messages %}<|im_start|>{{ m.role }}
        {{ m.content }}<|im_end|>
        {% if tools and '\(after)' and m.role == 'system' %}{{ list() }}{% endif %}
        {%- endfor %}{% if add_generation_prompt %}<|im_start|>assistant
        {% endif %}
        """)
      _ = try check(template, context: "Be brief.", messages: Self.turns, tokenizer: tokenizer)
    }
  }

  @Test func ownContextsOfLinesHaveTheToolsBesideThem() throws {
    let placement = try Placement(
      template: PlacementTests.template("qwen-2.5"), tools: tools, hasContext: false,
      tokenizer: tokenizer)
    let text = try tokenizer.decode(placement.contextTokens(of: "Be slow.").identifiers)
    #expect(text.hasPrefix("Be slow.\n\n# Tools\n") && text.hasSuffix("\n</tools>"))
  }

  @Test func aTemplateWithoutToolsIsRefused() throws {
    for source in [
      "{% for m in messages %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}",
      // Mentioned, but not written.
      "{% for m in messages %}{% if tools %}{% endif %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}",
    ] {
      #expect {
        try Placement(template: template(source), tools: tools, tokenizer: tokenizer)
      } throws: { error in
        "\(error)"
          == "tools: expected a chat template that writes the tools, found none of them in what own.jinja "
          + "writes; give template the file of one that does"
      }
    }
  }

  @Test(arguments: [
    // In the user's message, before and after the text.
    "{% for m in messages %}<|im_start|>{{ m.role }}:{% if tools and m.role == 'user' %}{{ tools | tojson }}"
      + "{% endif %}{{ m.content }}<|im_end|>{% endfor %}",
    "{% for m in messages %}<|im_start|>{{ m.role }}:{{ m.content }}{% if tools and m.role == 'user' %}"
      + "{{ tools | tojson }}{% endif %}<|im_end|>{% endfor %}",
    // After the conversation.
    "{% for m in messages %}<|im_start|>{{ m.role }}:{{ m.content }}<|im_end|>{% endfor %}"
      + "{{ tools | tojson if tools }}",
    // Beside the context, but the answer begins differently with tools.
    "{% for m in messages %}<|im_start|>{{ m.content }}{% if tools and m.role == 'system' %}"
      + "{{ tools | tojson }}{% endif %}<|im_end|>{% endfor %}{% if tools %}!{% endif %}",
  ])
  func toolsApartFromTheContextAreRefused(source: String) throws {
    let template = try template(source)
    #expect(throws: PlacementError.toolsElsewhere(template: "own.jinja")) {
      try Placement(template: template, tools: tools, tokenizer: tokenizer)
    }
  }

  @Test func aConversationThatToolsChangeIsRefused() throws {
    // The tools stand beside the context where there is one turn, else before the last one.
    let template = try template(
      "{% for m in messages %}<|im_start|>{{ m.content }}{% if tools and "
        + "(loop.length < 3 and loop.first or loop.index == loop.length - 1) %}{{ tools | tojson }}{% endif %}<|im_end|>{% endfor %}"
    )
    let placement = try Placement(template: template, tools: tools, tokenizer: tokenizer)
    _ = try placement.promptTokens(of: Self.turns[0])
    #expect(throws: PlacementError.toolsElsewhere(template: "own.jinja")) {
      try placement.promptTokens(of: Self.turns[1])
    }
  }

  @Test func toolsAsAVariableTooAreRefused() throws {
    #expect(throws: PlacementError.toolsTwice) {
      try Placement(
        template: PlacementTests.template("qwen-2.5"),
        variables: TemplateVariables(["tools": tools.json]), tools: tools, tokenizer: tokenizer)
    }
  }

  @Test func aResponseWithCallsIsWrittenWithTheTools() throws {
    let placement = try Placement(
      template: PlacementTests.template("qwen-2.5"), tools: tools, tokenizer: tokenizer)
    let response = ChatMessage(
      role: "assistant", content: nil,
      extra: [
        "tool_calls": .array([
          .object(["name": .string("look_up"), "arguments": .object(["word": .string("ice")])])
        ])
      ])
    let text = try tokenizer.decode(
      placement.responseIdentifiers(of: response, after: Self.turns[0]))
    #expect(
      ToolCall.calls(in: text) == [
        ToolCall(name: "look_up", arguments: .object(["word": .string("ice")]))
      ])
  }

  @Test(
    "Qwen's real tokenizer",
    .enabled(if: SharedReference.isPresent, SharedReference.reason))
  func realTokenizer() throws {
    let tokenizer = try Tokenizer(
      contentsOf: SharedReference.url("tokenizers/qwen2.5/tokenizer.json"))
    for context in ["Be brief.", " Be brief.\n", nil] {
      _ = try check(
        PlacementTests.template("qwen-2.5"), context: context, messages: Self.turns,
        tokenizer: tokenizer)
    }
  }
}
