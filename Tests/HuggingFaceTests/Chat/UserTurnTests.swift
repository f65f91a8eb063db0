import HuggingFace
import JSON
import TestSupport
import Testing
import Tokenizers

/// Where a user's message begins that the model is to complete.
@Suite struct UserTurnTests {
  private let tokenizer: Tokenizer

  init() throws {
    tokenizer = try Tokenizer(
      JSONNode(parsing: Array(TinyTokenizer.json.utf8), file: "tokenizer.json"))
  }

  private func placement(_ source: String) throws -> Placement {
    try Placement(
      template: ChatTemplate(source: source, location: "own.jinja", specialTokens: [:]),
      tokenizer: tokenizer)
  }

  @Test func theMessageStaysOpen() throws {
    let template = try #require(try ChatTemplate.builtIn(named: "chatml"))
    let placement = try Placement(template: template, tokenizer: tokenizer)
    let turn = try #require(try placement.userTurn(beginning: "ab c"))
    // <|im_end|> is the token 8.
    #expect(turn.identifiers.suffix(3) == [4, 5, 3] && turn.end == 8)
    let whole = try placement.promptTokens(of: "ab c").identifiers
    #expect(whole.starts(with: turn.identifiers) && whole[turn.identifiers.count] == 8)
    let earlier = [
      ChatMessage(role: "user", content: "a"), ChatMessage(role: "assistant", content: "b"),
    ]
    let later = try #require(try placement.userTurn(beginning: "c", after: earlier))
    let conversation = earlier + [ChatMessage(role: "user", content: "c")]
    #expect(later.end == 8 && later.identifiers.last == 3)
    #expect(
      try placement.promptTokens(of: conversation).identifiers.starts(with: later.identifiers))
  }

  @Test func aContextInTheFirstMessageStandsBeforeIt() throws {
    let placement = try placement(
      "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}"
        + "<|im_start|>{{ m.content }}<|im_end|>{% endfor %}")
    let turn = try #require(try placement.userTurn(beginning: "cab"))
    // "cab" is c and ab.
    #expect(turn.identifiers.suffix(2) == [3, 4])
    #expect(turn.end == 8)
  }

  @Test func withoutATemplateThereIsNone() throws {
    #expect(try Placement(raw: tokenizer).userTurn(beginning: "a") == nil)
  }
}
