import JSON

/// The facts that were forgotten, with how they are counted.
struct ForgottenSection {
  let facts: ForgottenFacts

  private static let shown = 12

  /// The section; nil where no answers are recorded.
  var section: Markup? {
    guard !facts.answers.isEmpty else { return nil }
    let listed = facts.listed
    return PageSection.titled("What was forgotten") {
      Tag.paragraph { changes }
      Tag.paragraph { tokens }
      if listed.count > Self.shown {
        Tag.paragraph(.classes("soft")) {
          "The \(Self.shown) of \(listed.count) prompts with the most forgotten tokens:"
        }
      }
      Tag.div(.classes("cards")) { for answer in listed.prefix(Self.shown) { article(answer) } }
    }
  }

  private func article(_ answer: HeldOutAnswer) -> Markup {
    Tag.article {
      Tag.heading3(.classes("prompt")) { answer.prompt.trimmed }
      Tag.definitions(.classes("said")) {
        Tag.term { "response" }
        Tag.definition {
          MarkedTokens(answer.response, "lost").marking(Set(answer.forgotten ?? []))
        }
        Tag.term { "learned prompt" }
        Tag.definition(.classes("soft")) { answer.learnedPrompt.text.trimmed }
      }
    }
  }

  /// What the greedy answers say.
  private var changes: String {
    let changed = facts.changed
    guard !changed.isEmpty else {
      return "To no held-out prompt the full context has another answer than none."
    }
    let reached = changed.count { $0.isReached }
    let bare = changed.count { $0.learnedPrompt.identifiers == $0.noContext.identifiers }
    return """
      To \(changed.count) of \(Counted(facts.answers.count, "held-out prompt")) the full context has \
      another answer than no context. The learned prompt gives the full context's answer to \
      \(reached) of these, token for token, that of no context to \(bare), and another to \
      \(changed.count - reached - bare).
      """
  }

  /// What the predictions under the recorded responses say.
  private var tokens: String {
    let (decided, forgotten) = (facts.decided, facts.forgotten)
    guard decided > 0 else { return "The context decides none of the responses' tokens." }
    let kept = Decimals.percent(Double(decided - forgotten) / Double(decided))
    return """
      The context decides \(decided) of \(Counted(facts.tokens, "response token")): there the most \
      likely token with the full context is another than without context. At \(kept) of them the \
      learned prompt has the full context's; \(forgotten) \(forgotten == 1 ? "is" : "are") forgotten, \
      and marked below where the answer is another one too. This is counted under the recorded \
      response, so a token after a wrong one is judged as if those before were right, and a fact in \
      other words counts as forgotten.
      """
  }
}
