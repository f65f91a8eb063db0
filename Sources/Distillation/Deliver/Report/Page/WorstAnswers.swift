import JSON

/// The held-out answers that are farthest from the full context's, beside them; without a context
/// from the recorded responses.
struct WorstAnswers {
  let answers: [HeldOutAnswer]

  private static let shown = 8

  private var hasContext: Bool { answers.contains { $0.fullContext != nil } }

  /// Whose answers they should be.
  private var goal: String { hasContext ? "full context" : "recorded response" }

  /// Other answers than those, by KL, or without a context by how early they part.
  private var worst: [HeldOutAnswer] {
    func distance(_ answer: HeldOutAnswer) -> Double {
      if let kl = answer.kl { return kl }
      let own = answer.learnedPrompt.identifiers
      return -Double(zip(answer.reference.identifiers, own).prefix { $0 == $1 }.count)
    }
    return answers.filter { !$0.isReached }.enumerated()
      .sorted { (distance($1.element), $0.offset) < (distance($0.element), $1.offset) }
      .map(\.element)
  }

  /// The section; nil where no answers are recorded.
  var section: Markup? {
    guard !answers.isEmpty else { return nil }
    return PageSection.titled("The worst held-out answers") {
      Tag.paragraph { summary }
      Tag.div(.classes("cards")) { for answer in worst.prefix(Self.shown) { article(answer) } }
    }
  }

  private var summary: String {
    let (worst, all) = (worst.count, answers.count)
    guard worst > 0 else {
      return
        "The learned prompt answers \(all == 1 ? "the" : "all \(all)") held-out "
        + "\(all == 1 ? "prompt" : "prompts") as the \(goal) does, token for token."
    }
    let first = hasContext ? "with the highest KL" : "that part first"
    let order = worst > Self.shown ? "the \(Self.shown) \(first) are" : "all are"
    return
      "Of \(Counted(all, "greedy answer")), \(worst) \(worst == 1 ? "is" : "are") not the "
      + "\(hasContext ? "full context's" : goal), token for token; \(order) shown. Marked: the tokens of either answer that the "
      + "other has not; the first of them is underlined."
  }

  private func article(_ answer: HeldOutAnswer) -> Markup {
    let difference = AnswerDifference(
      from: answer.reference.identifiers, to: answer.learnedPrompt.identifiers)
    return Tag.article {
      Tag.heading3(.classes("prompt")) { answer.prompt.trimmed }
      Tag.definitions(.classes("said")) {
        Tag.term { goal }
        Tag.definition {
          MarkedTokens(answer.reference, difference.added.isEmpty ? "lost" : "found")
            .marking(difference.lost, first: difference.first)
        }
        Tag.term { "learned prompt" }
        Tag.definition {
          MarkedTokens(answer.learnedPrompt, "lost")
            .marking(difference.added, first: difference.first)
        }
        Tag.term { hasContext ? "no context" : "no prompt" }
        Tag.definition(.classes("soft")) { answer.noContext.text.trimmed }
      }
      Tag.small {
        (answer.kl.map { "KL \(Decimals.text($0, 4)) a token; they" } ?? "They")
          + " part at token \(difference.first + 1)"
      }
    }
  }
}

/// Tokens of an answer, some of them marked.
struct MarkedTokens {
  private let tokens: HeldOutAnswer.Tokens
  private let kind: String

  /// - Parameters:
  ///   - tokens: the answer.
  ///   - kind: the class of its marks.
  init(_ tokens: HeldOutAnswer.Tokens, _ kind: String) {
    (self.tokens, self.kind) = (tokens, kind)
  }

  /// What stands for a token without a text of its own, such as one that ends an answer.
  private static let end = "⏹"

  /// The text with marks on runs of tokens.
  ///
  /// - Parameters:
  ///   - marked: the indices of tokens.
  ///   - first: the index of the token whose mark stands out.
  func marking(_ marked: Set<Int>, first: Int? = nil) -> Markup {
    var parts: [Markup] = []
    var (run, isMarked) = ("", false)
    func close() {
      if !run.isEmpty { parts.append(isMarked ? mark(run) : .text(run)) }
      run = ""
    }
    for (index, token) in tokens.texts.enumerated() {
      // Most answers begin with the space that parts them from the prompt.
      let text = index == 0 ? String(token.drop(while: \.isWhitespace)) : token
      let isOwn = marked.contains(index)
      if isOwn, index == first {
        close()
        parts.append(mark(text.isEmpty ? Self.end : text, "first"))
        continue
      }
      if isOwn != isMarked {
        close()
        isMarked = isOwn
      }
      run += isOwn && text.isEmpty && index == tokens.texts.count - 1 ? Self.end : text
    }
    close()
    return .group(parts)
  }

  private func mark(_ text: String, _ more: String = "") -> Markup {
    Tag.mark(.classes(more.isEmpty ? kind : "\(kind) \(more)")) { text }
  }
}
