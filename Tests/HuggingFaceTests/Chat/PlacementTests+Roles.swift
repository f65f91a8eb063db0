import Foundation
import JSON
import TestSupport
import Testing
import Tokenizers

@testable import HuggingFace

/// Templates that take other roles than system and user, and those that do not.
extension PlacementTests {
  @Test("a template without a system role takes the context in front of the first user's message")
  func firstUserMessage() throws {
    let tokenizer = try Self.tokenizer()
    // Mistral 7B refuses the system role by the order of roles, other templates ignore it.
    let mistral = """
      {{ bos_token }}{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}\
      {{ raise_exception('roles must alternate') }}{% endif %}{% if m['role'] == 'user' %}\
      {{ '[INST] ' + m['content'] + ' [/INST]' }}{% else %}{{ m['content'] + eos_token }}{% endif %}\
      {% endfor %}
      """
    let silent = "{% for m in messages if m.role == 'user' %}{{ m.content }}|{% endfor %}"
    let tokens = ["bos_token": "<s>", "eos_token": "</s>"]
    for template in [
      try Self.template("gemma-2"),
      try ChatTemplate(source: mistral, location: "mistral", specialTokens: tokens),
      try ChatTemplate(source: silent, location: "silent", specialTokens: tokens),
    ] {
      let placement = try Placement(template: template, tokenizer: tokenizer)
      #expect(placement.contextPosition == .firstUserMessage)
      for prompt in ["Hi", "\nHi", "\n\n Hi \n", "é", "1"] {
        let conversation = [
          ChatMessage(role: "user", content: "CONTEXT\n\n" + prompt),
          ChatMessage(role: "assistant", content: "Yes"), ChatMessage(role: "user", content: "Go"),
        ]
        let text = try template.render(conversation, addingGenerationPrompt: true)
        let halves = text.components(separatedBy: "CONTEXT")
        let messages = [ChatMessage(role: "user", content: prompt)] + conversation.dropFirst()
        #expect(
          try placement.frame.header == tokenizer.encode(halves[0], addingSpecialTokens: false))
        #expect(
          try placement.frame.closing + placement.promptTokens(of: messages).identifiers
            == tokenizer.encode(halves[1], addingSpecialTokens: false))
      }
      #expect(
        try placement.contextTokens(of: "Be brief").identifiers
          == tokenizer.encode("Be brief", addingSpecialTokens: false))
      #expect(
        throws: PlacementError.needsUserFirst("assistant", template: template.location)
      ) {
        try placement.promptTokens(of: [
          ChatMessage(role: "assistant", content: "x"), ChatMessage(role: "user", content: "y"),
        ])
      }
    }
    #expect(
      try Placement(template: Self.template("chatml"), tokenizer: tokenizer).contextPosition
        == .systemMessage)
  }

  @Test("a conversation may begin with another role where the template takes it")
  func openings() throws {
    let tokenizer = try Self.tokenizer()
    for name in ["chatml", "llama3", "qwen-2.5"] {
      let template = try Self.template(name)
      let placement = try Placement(template: template, tokenizer: tokenizer)
      for role in ["assistant", "developer"] where name != "qwen-2.5" || role == "assistant" {
        let messages = [
          ChatMessage(role: role, content: "x"), ChatMessage(role: "user", content: "y"),
        ]
        let text = try template.render(
          [ChatMessage(role: "system", content: "CONTEXT")] + messages,
          addingGenerationPrompt: true)
        #expect(
          try placement.frame.closing + placement.promptTokens(of: messages).identifiers
            == tokenizer.encode(
              text.components(separatedBy: "CONTEXT")[1], addingSpecialTokens: false))
      }
    }
  }

  @Test("the error is the template's reason against a conversation, not its system message")
  func refusedConversations() throws {
    let tokenizer = try Self.tokenizer()
    let placement = try Placement(template: Self.template("gemma-3"), tokenizer: tokenizer)
    #expect {
      try placement.promptTokens(of: [
        ChatMessage(role: "assistant", content: "x"), ChatMessage(role: "user", content: "y"),
      ])
    } throws: { error in
      "\(error)".hasPrefix("gemma-3: the template refuses the conversation: ")
        && !"\(error)".contains("context")
    }
    #expect(throws: PlacementError.unknownRole("critic", template: "gemma-3")) {
      try placement.promptTokens(of: [ChatMessage(role: "critic", content: "x")])
    }
  }
}
