/// Which questions and answers teach something, by their texts alone. The phrases are English; texts in other languages pass them.
package struct QuestionFilter: Sendable {
  /// Whether to look for more than what can never be used: empty questions, those without an end, and duplicates.
  package let isStrict: Bool
  /// The kept questions without signs.
  private var known: Set<String> = []

  /// A filter that knows no question.
  package init(isStrict: Bool) { self.isStrict = isStrict }

  /// The letters and digits of a text, in lower case, one space between words.
  static func words(_ text: String) -> [Substring] {
    String(text.lowercased().map { $0.isLetter || $0.isNumber ? $0 : " " }).split(separator: " ")
  }

  /// Why a question is to be left out; nil where it is to be kept, and is known from now on.
  ///
  /// - Parameters:
  ///   - isWhole: whether it ended by itself.
  ///   - chunk: the text that it was written from.
  package mutating func drop(
    _ question: String, isWhole: Bool, chunk: String
  ) -> StudyDrop? {
    let words = Self.words(question)
    guard !words.isEmpty else { return .empty }
    guard isWhole else { return .tooLong }
    let key = words.joined(separator: " ")
    if known.contains(key) { return .duplicate }
    if isStrict {
      if Self.names(question, Self.namesOfTheText) { return .namesTheText }
      if !Self.asks(question, words) { return .notAQuestion }
      if Self.isCopied(words, from: chunk) { return .copied }
    }
    known.insert(key)
    return nil
  }

  /// Takes a question into account that was kept earlier.
  package mutating func learn(_ question: String) {
    known.insert(Self.words(question).joined(separator: " "))
  }

  /// Forgets a question whose answer was left out.
  package mutating func forget(_ question: String) {
    known.remove(Self.words(question).joined(separator: " "))
  }

  /// Why an answer is to be left out with its question; nil where both are to be kept.
  package func drop(answer: String, to question: String) -> StudyDrop? {
    let words = Self.words(answer)
    guard !words.isEmpty else { return .emptyAnswer }
    guard isStrict else { return nil }
    if Self.names(answer, Self.refusals) { return .unanswerable }
    let asked = " \(Self.words(question).joined(separator: " ")) "
    if asked.contains(" \(words.joined(separator: " ")) "), !Self.isYesOrNo(words) {
      return .leaked
    }
    if Self.isRepeating(words) { return .repeating }
    return nil
  }

  private static func isYesOrNo(_ words: [Substring]) -> Bool {
    words.count == 1 && ["yes", "no"].contains(words[0])
  }

  /// Whether one of these phrases stands in a text, as whole words.
  private static func names(_ text: String, _ phrases: [String]) -> Bool {
    let text = " \(words(text).joined(separator: " ")) "
    return phrases.contains { text.contains(" \($0) ") }
  }

  /// Whether a text is a question, or a request by its first word.
  private static func asks(_ question: String, _ words: [Substring]) -> Bool {
    if question.contains(where: { "?？؟".contains($0) }) { return words.count > 2 }
    return words.count > 2 && requests.contains(String(words[0]))
  }

  /// Whether 12 words in a row, and most of the question, stand in the text.
  private static func isCopied(_ words: [Substring], from chunk: String) -> Bool {
    let length = max(12, words.count * 2 / 3)
    guard words.count >= length else { return false }
    let text = " \(Self.words(chunk).joined(separator: " ")) "
    return (0...(words.count - length)).contains { start in
      text.contains(" \(words[start..<(start + length)].joined(separator: " ")) ")
    }
  }

  /// Whether of 24 words or more fewer than a third are different.
  private static func isRepeating(_ words: [Substring]) -> Bool {
    words.count >= 24 && Set(words).count * 3 < words.count
  }

  private static let namesOfTheText = [
    "according to the", "the passage", "this passage", "the text", "this text", "the document",
    "this document", "the above", "mentioned above", "stated above", "given above", "text above",
    "the excerpt", "this excerpt", "the paragraph", "this paragraph", "the article", "this article",
    "the following", "this section", "the author",
  ]

  private static let refusals = [
    "i m sorry", "i am sorry", "as an ai", "i cannot", "i can t", "i don t have", "i do not have",
    "not mentioned", "does not mention", "doesn t mention", "does not specify", "doesn t specify",
    "does not provide", "doesn t provide", "not provided in", "not specified in",
    "no information", "not explicitly",
  ]

  private static let requests: Set = [
    "what", "which", "who", "whom", "whose", "when", "where", "why", "how", "write", "list", "name",
    "give", "explain", "describe", "summarize", "summarise", "outline", "compare", "define", "show",
    "tell", "make", "create", "convert", "provide", "state", "identify", "help", "draft", "rewrite",
    "structure", "format", "extract",
  ]
}
