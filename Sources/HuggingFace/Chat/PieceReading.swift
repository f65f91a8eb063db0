import Tokenizers

/// How the texts around a context become tokens.
package enum PieceReading: Sendable {
  /// Each as a text of its own, as the first programs did.
  case apart
  /// As the tokens that the whole text has there.
  case inPlace
}

/// The tokens of texts that stand behind a context.
///
/// Many tokenizers put a mark or a space before the first word of a text. What stands behind a context
/// is not the first of its text, so a short text stands there for the context where that matters.
struct TextBehindContext: Sendable {
  /// What stands for the context; nil where nothing has to.
  let standIn: StandIn?

  private let tokenizer: Tokenizer

  /// Texts that may stand for a context, the first of them those that tokenizers seldom join with what
  /// follows.
  private static let standIns = ["x", "0", ".", "X", "é"]

  /// Texts that stand behind nothing.
  init(alone tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    standIn = nil
  }

  /// Finds what stands for the context in front of some texts.
  init(_ tokenizer: Tokenizer, before texts: [String]) throws(PlacementError) {
    self.tokenizer = tokenizer
    var apart: [[Int]] = []
    for text in texts { apart.append(try tokenizer.identifiers(of: text)) }
    nextStandIn: for standIn in Self.standIns {
      let own = try tokenizer.identifiers(of: standIn)
      var isNeeded = false
      for (text, apart) in zip(texts, apart) {
        let joint = try tokenizer.identifiers(of: standIn + text)
        guard joint.starts(with: own) else { continue nextStandIn }
        isNeeded = isNeeded || !joint.dropFirst(own.count).elementsEqual(apart)
      }
      self.standIn = isNeeded ? StandIn(text: standIn, tokenCount: own.count) : nil
      return
    }
    standIn = nil
  }

  /// The tokens of a text behind a context.
  func identifiers(of text: String) throws(PlacementError) -> [Int] {
    guard let standIn else { return try tokenizer.identifiers(of: text) }
    return Array(
      try tokenizer.identifiers(of: standIn.text + text).dropFirst(standIn.tokenCount))
  }

  /// The tokens that texts behind a context begin with, all of them.
  func commonIdentifiers(of texts: [String]) throws(PlacementError) -> [Int] {
    var common: [Int]?
    for text in texts {
      let tokens = try identifiers(of: text)
      common = common.map { zip($0, tokens).prefix(while: ==).map(\.0) } ?? tokens
    }
    return common ?? []
  }

  /// The tokens of a text behind another one that stands behind a context; where a token reaches over
  /// the end of that one, those of the text behind a context.
  func identifiers(of text: String, after other: String) throws(PlacementError) -> [Int] {
    let (before, joint) = (try identifiers(of: other), try identifiers(of: other + text))
    guard joint.starts(with: before) else { return try identifiers(of: text) }
    return Array(joint.dropFirst(before.count))
  }
}

/// A short text in a context's place, where the tokens of what follows it are made.
package struct StandIn: Sendable, Equatable {
  /// The text.
  package var text: String

  /// Its tokens.
  package var tokenCount: Int

  /// A text and how many tokens it has.
  package init(text: String, tokenCount: Int) {
    self.text = text
    self.tokenCount = tokenCount
  }
}

/// The tokens of a context where it stands.
package struct PlacedContext: Sendable, Equatable {
  /// The tokens of the context.
  package var identifiers: [Int]

  /// Those between it and the prompt: the closing, or the rest of it behind a token that belongs to
  /// both.
  package var closing: [Int]

  /// Whether the whole text has others there, because one of its tokens reaches over a cut.
  package var isCut: Bool

  /// A context and what follows it.
  package init(identifiers: [Int], closing: [Int], isCut: Bool) {
    self.identifiers = identifiers
    self.closing = closing
    self.isCut = isCut
  }

  /// The tokens between the header and the prompt, which end as the closing does.
  package init(_ tokens: [Int], endingWith closing: [Int]) {
    let shared = zip(tokens.reversed(), closing.reversed()).prefix(while: ==).count
    identifiers = Array(tokens.dropLast(shared))
    self.closing = Array(closing.suffix(shared))
    isCut = false
  }
}

/// Tokens of a prompt where it stands.
package struct PlacedPrompt: Sendable, Equatable {
  /// The tokens.
  package var identifiers: [Int]

  /// Whether the whole text has others there, because one of its tokens reaches over a cut.
  package var isCut: Bool

  /// A prompt.
  package init(identifiers: [Int], isCut: Bool) {
    self.identifiers = identifiers
    self.isCut = isCut
  }
}
