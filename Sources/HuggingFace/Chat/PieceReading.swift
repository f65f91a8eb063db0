import Tokenizers

/// The tokenization of the texts around a context.
package enum PieceReading: Sendable {
  /// Each text by itself, as in the first programs.
  case apart
  /// With the tokens of the whole text.
  case inPlace
}

/// The tokenization of texts after a context.
///
/// Many tokenizers add a mark or a space before the first word of a text. A text after a context is
/// not the first, so where that matters a short text substitutes for the context.
struct TextAfterContext: Sendable {
  /// The substitute for the context; nil where none is needed.
  let substitute: ContextSubstitute?

  private let tokenizer: Tokenizer

  /// Possible substitutes, first those that tokenizers seldom join with the following text.
  private static let substitutes = ["x", "0", ".", "X", "é"]

  /// Texts after no context.
  init(alone tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    substitute = nil
  }

  /// Finds a substitute for the context before some texts.
  init(_ tokenizer: Tokenizer, before texts: [String]) throws(PlacementError) {
    self.tokenizer = tokenizer
    var apart: [[Int]] = []
    for text in texts { apart.append(try tokenizer.identifiers(of: text)) }
    nextSubstitute: for substitute in Self.substitutes {
      let own = try tokenizer.identifiers(of: substitute)
      var isNeeded = false
      for (text, apart) in zip(texts, apart) {
        let joint = try tokenizer.identifiers(of: substitute + text)
        guard joint.starts(with: own) else { continue nextSubstitute }
        isNeeded = isNeeded || !joint.dropFirst(own.count).elementsEqual(apart)
      }
      self.substitute = isNeeded ? ContextSubstitute(text: substitute, tokenCount: own.count) : nil
      return
    }
    substitute = nil
  }

  /// The tokens of a text after a context.
  func identifiers(of text: String) throws(PlacementError) -> [Int] {
    guard let substitute else { return try tokenizer.identifiers(of: text) }
    return Array(
      try tokenizer.identifiers(of: substitute.text + text).dropFirst(substitute.tokenCount))
  }

  /// The first tokens that all of these texts share after a context.
  func commonIdentifiers(of texts: [String]) throws(PlacementError) -> [Int] {
    var common: [Int]?
    for text in texts {
      let tokens = try identifiers(of: text)
      common = common.map { zip($0, tokens).prefix(while: ==).map(\.0) } ?? tokens
    }
    return common ?? []
  }

  /// The tokens of a text after another one after a context; where a token spans the end of that
  /// one, those of the text directly after a context.
  func identifiers(of text: String, after other: String) throws(PlacementError) -> [Int] {
    let (before, joint) = (try identifiers(of: other), try identifiers(of: other + text))
    guard joint.starts(with: before) else { return try identifiers(of: text) }
    return Array(joint.dropFirst(before.count))
  }
}

/// A short text that replaces a context when the following text is tokenized.
package struct ContextSubstitute: Sendable, Equatable {
  /// The text.
  package var text: String

  /// Its tokens.
  package var tokenCount: Int

  /// A text and its number of tokens.
  package init(text: String, tokenCount: Int) {
    self.text = text
    self.tokenCount = tokenCount
  }
}

/// The tokens of a context at its position.
package struct PlacedContext: Sendable, Equatable {
  /// The tokens before it: the header, or of that those that the whole text begins with, where the
  /// template writes tools before its end.
  package var header: [Int]

  /// The tokens of the context.
  package var identifiers: [Int]

  /// The tokens between it and the prompt: the closing, or its rest after a token that spans both.
  package var closing: [Int]

  /// Whether the whole text has other tokens there, because one of them spans a boundary.
  package var isCut: Bool

  /// A context and the tokens after it.
  package init(header: [Int], identifiers: [Int], closing: [Int], isCut: Bool) {
    self.header = header
    self.identifiers = identifiers
    self.closing = closing
    self.isCut = isCut
  }

  /// The tokens between the header and the prompt, which end as the closing does.
  package init(_ tokens: [Int], after header: [Int], endingWith closing: [Int]) {
    self.header = header
    let shared = zip(tokens.reversed(), closing.reversed()).prefix(while: ==).count
    identifiers = Array(tokens.dropLast(shared))
    self.closing = Array(closing.suffix(shared))
    isCut = false
  }
}

/// Tokens of a prompt at its position.
package struct PlacedPrompt: Sendable, Equatable {
  /// The tokens.
  package var identifiers: [Int]

  /// Whether the whole text has other tokens there, because one of them spans a boundary.
  package var isCut: Bool

  /// A prompt.
  package init(identifiers: [Int], isCut: Bool) {
    self.identifiers = identifiers
    self.isCut = isCut
  }
}
