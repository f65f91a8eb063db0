import Foundation
import JSON
import TestSupport
import Testing
import Tokenizers

@testable import HuggingFace

@Suite("Placement")
struct PlacementTests {
  /// A template by its name: a built-in one, or one of the golden texts.
  static func template(_ name: String) throws -> ChatTemplate {
    if let builtIn = try ChatTemplate.builtIn(named: name) { return builtIn }
    return try ChatTemplate(
      source: TemplateGolden.template(name), location: name,
      specialTokens: ["bos_token": "<s>", "eos_token": "</s>"], now: TemplateGolden.now)
  }

  private static let chatNames =
    ChatTemplate.builtInNames + TemplateGolden.names.filter { $0 != "gemma-2" && $0 != "macros" }

  @Test("a raw model: the tokenizer's special tokens, and the prompt as it is")
  func raw() throws {
    let plain = Placement(raw: try Self.tokenizer())
    #expect(plain.frame.header == [] && plain.frame.closing == [] && !plain.isChat)
    #expect(plain.templateName == "raw" && plain.endOfResponse == nil)
    let tokenizer = try Self.tokenizer(addsBOS: true)
    let placement = Placement(raw: tokenizer)
    #expect(placement.frame.header == [try #require(tokenizer.identifier(of: "<s>"))])
    #expect(
      try placement.promptTokens(of: "Hi").identifiers
        == tokenizer.encode("Hi", addingSpecialTokens: false))
    #expect(throws: PlacementError.noTemplate) {
      try placement.promptTokens(of: [ChatMessage(role: "user", content: "Hi")])
    }
  }

  @Test("header, closing and prompt in the built-in templates")
  func builtIn() throws {
    let tokenizer = try Self.tokenizer(addsBOS: true)
    func text(_ ids: [Int]) throws -> String { try tokenizer.decode(ids) }
    let chatML = try Placement(template: Self.template("chatml"), tokenizer: tokenizer)
    #expect(try text(chatML.frame.header) == "<|im_start|>system\n")
    // A prompt that begins with a line break would join the one before it, so the closing ends
    // earlier.
    #expect(try text(chatML.frame.closing) == "<|im_end|>\n<|im_start|>")
    #expect(
      try text(chatML.promptTokens(of: "\nHi").identifiers)
        == "user\n\nHi<|im_end|>\n<|im_start|>assistant\n")
    #expect(chatML.endOfResponse == tokenizer.identifier(of: "<|im_end|>"))
    #expect(chatML.isChat && chatML.templateName == "template chatml")
    let llama3 = try Placement(template: Self.template("llama3"), tokenizer: tokenizer)
    #expect(
      try text(llama3.frame.header)
        == "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n")
    // The closing ends where a conversation may continue with another role than the user's. This
    // template trims the user's text.
    #expect(try text(llama3.frame.closing) == "<|eot_id|><|start_header_id|>")
    #expect(
      try text(llama3.promptTokens(of: "\nHi").identifiers)
        == "user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n")
    #expect(llama3.endOfResponse == tokenizer.identifier(of: "<|eot_id|>"))
  }

  @Test(
    "the pieces have the tokens of the whole text, whatever the user says", arguments: chatNames)
  func pieces(name: String) throws {
    let tokenizer = try Self.tokenizer()
    let template = try Self.template(name)
    let placement = try Placement(template: template, tokenizer: tokenizer)
    for prompt in ["Hi", "\nHi", "\n\n Hi \n", "é", "<|im_end|>", "1"] {
      let messages = [
        ChatMessage(role: "system", content: "CONTEXT"), ChatMessage(role: "user", content: prompt),
      ]
      let text = try template.render(messages, addingGenerationPrompt: true)
      let halves = text.components(separatedBy: "CONTEXT")
      #expect(halves.count == 2)
      #expect(
        try placement.frame.header == tokenizer.encode(halves[0], addingSpecialTokens: false))
      #expect(
        try placement.frame.closing + placement.promptTokens(of: prompt).identifiers
          == tokenizer.encode(halves[1], addingSpecialTokens: false))
    }
  }

  @Test("a conversation of several turns")
  func turns() throws {
    let tokenizer = try Self.tokenizer()
    let messages = [
      ChatMessage(role: "user", content: "A?"), ChatMessage(role: "assistant", content: "A."),
      ChatMessage(role: "user", content: "B?"),
    ]
    let placement = try Placement(template: Self.template("qwen-2.5"), tokenizer: tokenizer)
    #expect(
      try tokenizer.decode(placement.promptTokens(of: messages).identifiers)
        == "user\nA?<|im_end|>\n<|im_start|>assistant\nA.<|im_end|>\n"
        + "<|im_start|>user\nB?<|im_end|>\n<|im_start|>assistant\n")
    let mistral = try Placement(template: Self.template("mistral"), tokenizer: tokenizer)
    #expect {
      try mistral.promptTokens(of: messages).identifiers
    } throws: { error in
      "\(error)" == "mistral: the template puts earlier turns before the system message, so only "
        + "conversations of one turn can be placed"
    }
  }

  @Test("the variables of a template reach every part")
  func variables() throws {
    let tokenizer = try Self.tokenizer()
    func prompt(_ arguments: [String]) throws -> String {
      let variables = try arguments.reduce(TemplateVariables()) {
        $0.merging(try TemplateVariables(argument: $1))
      }
      let placement = try Placement(
        template: Self.template("qwen-3"), variables: variables, tokenizer: tokenizer)
      return try tokenizer.decode(placement.promptTokens(of: "Hi").identifiers)
    }
    let thinking = "user\nHi<|im_end|>\n<|im_start|>assistant\n"
    #expect(try prompt([]) == thinking)
    #expect(try prompt(["enable_thinking=true"]) == thinking)
    #expect(try prompt(["enable_thinking=false"]) == thinking + "<think>\n\n</think>\n\n")
    let smol = try Placement(
      template: Self.template("smollm-3"), variables: .init(argument: "enable_thinking=false"),
      tokenizer: tokenizer)
    #expect(try tokenizer.decode(smol.frame.header).contains("Mode: /no_think"))
    #expect {
      try prompt(["enable_thinkin=false"])
    } throws: { error in
      "\(error)" == "template-variable enable_thinkin: expected a name that the chat template "
        + "mentions, found no such name in qwen-3"
    }
  }

  @Test("without a context the template writes its own system message")
  func withoutContext() throws {
    let tokenizer = try Self.tokenizer()
    for name in ["qwen-2.5", "gemma-2", "chatml"] {
      let template = try Self.template(name)
      let placement = try Placement(
        withoutContext: template, variables: TemplateVariables(), tokenizer: tokenizer)
      let text = try template.render(
        [ChatMessage(role: "user", content: "Hi")], addingGenerationPrompt: true)
      #expect(text.contains("You are a model made for tests") == (name == "qwen-2.5"))
      #expect(placement.frame.header == [] && placement.frame.closing == [])
      #expect(
        try placement.promptTokens(of: "Hi").identifiers
          == tokenizer.encode(text, addingSpecialTokens: false))
    }
  }

  @Test(
    "real tokenizers, with Qwen's and Llama's ways of writing",
    .enabled(if: SharedReference.isPresent, SharedReference.reason),
    arguments: [("qwen2.5", "qwen-2.5"), ("qwen2.5", "qwen-3"), ("llama2", "llama-2")])
  func real(tokenizer name: String, template templateName: String) throws {
    let tokenizer = try Tokenizer(
      contentsOf: SharedReference.url("tokenizers/\(name)/tokenizer.json"))
    let template = try Self.template(templateName)
    let placement = try Placement(template: template, tokenizer: tokenizer)
    #expect(!placement.frame.header.isEmpty)
    for prompt in ["What is it?", "\n\nWhat?", " a  b ", "1234", "é\u{301}"] {
      let text = try template.render(
        [
          ChatMessage(role: "system", content: "CONTEXT"),
          ChatMessage(role: "user", content: prompt),
        ], addingGenerationPrompt: true)
      let context = try placement.contextTokens(of: "CONTEXT")
      let placed = try placement.promptTokens(of: prompt)
      #expect(
        try placement.frame.header + context.identifiers + context.closing + placed.identifiers
          == tokenizer.encode(text, addingSpecialTokens: false))
      #expect(context.closing == placement.frame.closing && !context.isCut && !placed.isCut)
    }
    let expectedEnd = name == "llama2" ? "</s>" : "<|im_end|>"
    #expect(placement.endOfResponse == tokenizer.identifier(of: expectedEnd))
  }
}
