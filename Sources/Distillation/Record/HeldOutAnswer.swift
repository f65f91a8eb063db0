/// One line of `heldout_answers.jsonl`: a held-out prompt, its recorded response, and the greedy
/// answers of three models to it.
package struct HeldOutAnswer: Sendable, Equatable, Codable {
  /// Tokens with the text of each, which together are the text of all.
  package struct Tokens: Sendable, Equatable, Codable {
    /// Token ids.
    package var identifiers: [Int]
    /// The text that each token adds: empty where a character needs more tokens, and for special
    /// tokens.
    package var texts: [String]

    /// Tokens with their texts.
    package init(_ identifiers: [Int], texts: [String]) {
      self.identifiers = identifiers
      self.texts = texts
    }

    /// The text of all.
    package var text: String { texts.joined() }

    private enum CodingKeys: String, CodingKey {
      case identifiers = "ids"
      case texts = "tokens"
    }
  }

  /// The prompt behind the context, as a text.
  package var prompt: String
  /// The recorded response: the teacher's answer, or that of the file.
  package var response: Tokens
  /// The greedy answer with the full context; nil without one, as ``kl``, ``decided`` and
  /// ``forgotten``.
  package var fullContext: Tokens?
  /// That with the learned prompt.
  package var learnedPrompt: Tokens
  /// That with nothing in place of the context.
  package var noContext: Tokens
  /// KL(teacher || student) under the recorded response, in nats a token.
  package var kl: Double?
  /// Indices of the response's tokens that the context decides: there the most likely token with
  /// the full context is another one than without context.
  package var decided: [Int]?
  /// Those of them at which the learned prompt has another most likely token than the full context.
  package var forgotten: [Int]?

  /// A line.
  package init(
    prompt: String, response: Tokens, fullContext: Tokens?, learnedPrompt: Tokens,
    noContext: Tokens, kl: Double?, decided: [Int]?, forgotten: [Int]?
  ) {
    self.prompt = prompt
    self.response = response
    self.fullContext = fullContext
    self.learnedPrompt = learnedPrompt
    self.noContext = noContext
    self.kl = kl
    self.decided = decided
    self.forgotten = forgotten
  }

  /// What the learned prompt's answer should be: that of the full context, or without one the
  /// recorded response.
  var reference: Tokens { fullContext ?? response }

  /// Whether the learned prompt's answer is that, token for token.
  package var isReached: Bool { learnedPrompt.identifiers == reference.identifiers }

  /// This line without what compares with a context, of a run that has none.
  var withoutContext: HeldOutAnswer {
    HeldOutAnswer(
      prompt: prompt, response: response, fullContext: nil, learnedPrompt: learnedPrompt,
      noContext: noContext, kl: nil, decided: nil, forgotten: nil)
  }

  private enum CodingKeys: String, CodingKey {
    case prompt, response, kl, forgotten
    case fullContext = "full_context"
    case learnedPrompt = "learned_prompt"
    case noContext = "no_context"
    case decided = "decided_by_context"
  }
}
