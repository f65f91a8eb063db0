import Foundation
import JSON
import TestSupport
import Testing
import Tokenizers

@testable import HuggingFace

/// Header, context, closing, prompt and response have the tokens of the whole text, as
/// `apply_chat_template` with `tokenize=True` returns them, for every kind of tokenizer.
@Suite struct PlacementInPlaceTests {
  private static let tokenizers = [
    "decorated", "falcon", "gemma", "gpt2", "granite", "llama2", "llama3", "mistral", "neox",
    "qwen2", "unigram", "unigram_bytes",
  ]

  /// Mistral's first template: a space that most tokenizers join with the context's first word.
  private static let inline =
    "{% for m in messages %}{% if m.role == 'user' %}{{ bos_token + '[INST] ' + m.content + "
    + "' [/INST]' }}{% elif m.role == 'assistant' %}{{ ' ' + m.content + ' ' + eos_token }}{% endif %}{% endfor %}"

  /// The form of Zephyr's and TinyLlama's templates.
  private static let zephyr = """
    {% for m in messages %}
    {{ '<|' + m['role'] + '|>\n' + m['content'] + eos_token }}
    {% if loop.last and add_generation_prompt %}
    {{ '<|assistant|>\n' }}
    {% endif %}
    {% endfor %}
    """

  private static func tokenizer(_ name: String) throws -> Tokenizer {
    let file = URL(fileURLWithPath: #filePath)
      .appending(path: "../../../Golden/tokenizers/\(name).json").standardizedFileURL
    return try Tokenizer(contentsOf: file)
  }

  private static func template(_ source: String, _ location: String) throws -> ChatTemplate {
    try ChatTemplate(
      source: source, location: location, specialTokens: ["bos_token": "<s>", "eos_token": "</s>"],
      now: TemplateGolden.now)
  }

  private static func templates() throws -> [ChatTemplate] {
    try TemplateGolden.names.filter { $0 != "macros" }.map {
      try template(TemplateGolden.template($0), $0)
    }
      + [template(inline, "inline"), template(zephyr, "zephyr")]
  }

  @Test(arguments: tokenizers)
  func piecesHaveTheTokensOfTheWholeText(name: String) throws {
    try expectPiecesOfTheWholeText(Self.tokenizer(name))
  }

  @Test(
    .enabled(if: SharedReference.isPresent, SharedReference.reason),
    arguments: ["gpt2", "llama2", "qwen2.5", "stories260k"])
  func piecesHaveTheTokensOfTheWholeTextOfRealTokenizers(name: String) throws {
    let file = try SharedReference.url("tokenizers/\(name)/tokenizer.json")
    try expectPiecesOfTheWholeText(try Tokenizer(contentsOf: file))
  }

  private func expectPiecesOfTheWholeText(_ tokenizer: Tokenizer) throws {
    for template in try Self.templates() {
      let placement = try Placement(template: template, tokenizer: tokenizer)
      let position = try #require(placement.contextPosition)
      for context in ["You are a guide.", "Be brief", "1. No", "élan", "# Title\n\nText"] {
        let cut = try placement.contextTokens(of: context)
        for prompt in ["Hi there", "\nHi", "\n\n Hi \n", "é", "1", "¿Qué?"] {
          let messages = [ChatMessage(role: "user", content: prompt)]
          let conversation = try #require(position.conversation(context, messages))
          let whole = try template.render(conversation, addingGenerationPrompt: true)
          let placedPrompt = try placement.promptTokens(of: prompt)
          let pieces =
            placement.frame.header + cut.identifiers + cut.closing + placedPrompt.identifiers
          let isSame = try pieces == tokenizer.encode(whole, addingSpecialTokens: false)
          let isReported = cut.isCut || placedPrompt.isCut
          #expect(isSame == !isReported, "\(template.location): \(context.debugDescription)")
          // Between context and prompt these have only an empty line, which either may be joined
          // with.
          let isSeparated = !["gemma-2", "inline", "mistral"].contains(template.location)
          #expect(isSame || !isSeparated, "\(template.location): \(context.debugDescription)")
          let response = try placement.responseIdentifiers(of: "Yes, it is", after: messages)
          let answered = try template.render(
            conversation + [ChatMessage(role: "assistant", content: "Yes, it is")],
            addingGenerationPrompt: false)
          let leads = [whole, whole + " ", whole + "\n"]
          let all = try tokenizer.encode(answered, addingSpecialTokens: false)
          // Line breaks at the end of a text may have other tokens than before a word.
          guard isSame, leads.contains(where: { answered.hasPrefix($0 + "Yes, it is") }),
            all.starts(with: pieces)
          else { continue }
          #expect(all.starts(with: pieces + response), "\(template.location)")
        }
      }
    }
  }

  @Test func aMarkBeforeTheFirstWordIsBeforeNoLaterPart() throws {
    let tokenizer = try Self.tokenizer("llama2")
    func tokens(_ ids: [Int]) -> [String] { ids.map { tokenizer.token(of: $0) ?? "?" } }
    func placement(_ reading: PieceReading) throws -> Placement {
      try Placement(
        template: Self.template(Self.inline, "inline"), tokenizer: tokenizer, reading: reading)
    }
    let inPlace = try placement(.inPlace)
    // The space of "[INST] " is part of the context's first word, as in the whole text.
    #expect(tokens(inPlace.frame.header).last != "▁")
    #expect(try tokens(inPlace.contextTokens(of: "Be brief").identifiers).first?.first == "▁")
    #expect(try tokens(inPlace.promptTokens(of: "Hi").identifiers).first?.first != "▁")
    #expect(inPlace.substitute != nil)
    let apart = try placement(.apart)
    #expect(apart.substitute == nil)
    #expect(try apart.frame.header == tokenizer.encode("<s>[INST] ", addingSpecialTokens: false))
    #expect(
      try apart.contextTokens(of: "Be brief").identifiers
        == tokenizer.encode("Be brief", addingSpecialTokens: false))
    #expect(
      try apart.responseIdentifiers(
        of: "Yes", after: [ChatMessage(role: "user", content: "Hi")])
        == tokenizer.encode("Yes", addingSpecialTokens: false))
  }

  @Test func aClosingOfAnOlderProgramMovesTheBeginningOfPrompts() throws {
    let tokenizer = try PlacementTests.tokenizer()
    let template = try #require(try ChatTemplate.builtIn(named: "llama3"))
    let placement = try Placement(template: template, tokenizer: tokenizer)
    func ids(_ text: String) throws -> [Int] {
      try tokenizer.encode(text, addingSpecialTokens: false)
    }
    let longer = try ids("<|eot_id|><|start_header_id|>user<|end_header_id|>")
    let moved = try #require(try placement.with(closing: longer))
    #expect(moved.frame.closing == longer && placement.frame.closing != longer)
    let prompt = try moved.promptTokens(of: "Hi").identifiers
    #expect(
      try longer + prompt == placement.frame.closing + placement.promptTokens(of: "Hi").identifiers)
    let shorter = try #require(try placement.with(closing: []))
    #expect(
      try shorter.promptTokens(of: "Hi").identifiers
        == placement.frame.closing + placement.promptTokens(of: "Hi").identifiers)
    #expect(try placement.with(closing: ids("<|eot_id|>user")) == nil)
    // A conversation with another beginning does not fit after it.
    #expect(throws: PlacementError.anotherClosing(template: "template llama3")) {
      try moved.promptTokens(of: [
        ChatMessage(role: "assistant", content: "x"), ChatMessage(role: "user", content: "y"),
      ])
    }
  }

  @Test func toolsAreWrittenWhereTheTemplateWantsThem() throws {
    let tokenizer = try PlacementTests.tokenizer()
    let tools: JSON = .array([.object(["name": .string("look")])])
    let messages = [ChatMessage(role: "user", content: "Hi")]
    let inTheTurn = try Self.template(
      "{% for m in messages %}<|im_start|>{% if tools and m.role == 'user' %}{{ tools | tojson }}"
        + "{% endif %}{{ m.content }}<|im_end|>{% endfor %}", "in the turn")
    let placement = try Placement(template: inTheTurn, tokenizer: tokenizer)
    let context = try placement.contextTokens(of: "Be brief")
    let whole = try inTheTurn.render(
      [ChatMessage(role: "system", content: "Be brief")] + messages, addingGenerationPrompt: true,
      variables: ["tools": tools])
    #expect(whole.contains("look"))
    #expect(
      try placement.frame.header + context.identifiers + context.closing
        + placement.promptTokens(of: messages, tools: tools).identifiers
        == tokenizer.encode(whole, addingSpecialTokens: false))
    for source in [
      "{% for m in messages %}<|im_start|>{% if tools and m.role == 'system' %}{{ tools | tojson }}"
        + "{% endif %}{{ m.content }}<|im_end|>{% endfor %}",
      "{% for m in messages %}<|im_start|>{{ m.content }}{% if tools and m.role == 'system' %}"
        + "{{ tools | tojson }}{% endif %}<|im_end|>{% endfor %}",
    ] {
      let template = try Self.template(source, "beside")
      let beside = try Placement(template: template, tokenizer: tokenizer)
      #expect(throws: PlacementError.toolsBesideContext(template: "beside")) {
        try beside.promptTokens(of: messages, tools: tools)
      }
      // Tools that all lines have are those of the whole run.
      let placement = try Placement(
        template: template, variables: TemplateVariables(["tools": tools]), tokenizer: tokenizer)
      #expect(
        try placement.promptTokens(of: messages, tools: tools)
          == placement.promptTokens(of: messages))
      #expect(
        try tokenizer.decode(placement.frame.header + placement.frame.closing).contains("look"))
    }
  }
}
