/// Which questions and answers teach something, by their texts alone. The phrases are English;
/// texts in other languages pass them.
package struct QuestionFilter: Sendable {
  /// Whether to look for more than what can never be used: empty questions, those without an end,
  /// and duplicates.
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
  ///   - question: the question.
  ///   - isWhole: whether it ended by itself.
  ///   - chunk: the text that it was written from.
  ///   - toolSeed: the seed of a request for a tool, whose values stand in no text; nil of others.
  package mutating func drop(
    _ question: String, isWhole: Bool, chunk: String, toolSeed: String? = nil
  ) -> StudyDrop? {
    let words = Self.words(question)
    guard !words.isEmpty else { return .empty }
    guard isWhole else { return .tooLong }
    let key = words.joined(separator: " ")
    if known.contains(key) { return .duplicate }
    if isStrict {
      if Self.names(question, Self.namesOfTheText) { return .namesTheText }
      if let toolSeed {
        if !Self.isWholeRequest(words, after: Self.words(toolSeed)) { return .notAQuestion }
      } else {
        if !Self.asks(question, words) { return .notAQuestion }
        if !Self.isGrounded(words, in: chunk) { return .ungrounded }
        if Self.isCopied(words, from: chunk) { return .copied }
      }
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

  /// Whether a request has more than its first words, and does not break off.
  private static func isWholeRequest(_ words: [Substring], after seed: [Substring]) -> Bool {
    words != seed && words.count > 2 && !connecting.contains(String(words[words.count - 1]))
  }

  /// Whether a text is a question, or a whole request by its first word.
  private static func asks(_ question: String, _ words: [Substring]) -> Bool {
    guard words.count > 2, let first = words.first, let last = words.last else { return false }
    if question.contains(where: { "?？؟".contains($0) }) { return true }
    return requests.contains(String(first)) && !connecting.contains(String(last))
  }

  /// Whether half of the words that mean something stand in the text, by their first letters. Texts
  /// without spaces pass.
  private static func isGrounded(_ words: [Substring], in chunk: String) -> Bool {
    let known = Self.words(chunk)
    guard known.reduce(0, { $0 + $1.count }) <= known.count * longWord else { return true }
    let stems = Set(known.map { $0.prefix(stemLength) })
    let telling = words.filter { $0.count > 3 && !common.contains(String($0)) }
    return !telling.isEmpty
      && telling.count { stems.contains($0.prefix(stemLength)) } * 2 >= telling.count
  }

  /// Where words have more letters than this on average, they are not words.
  private static let longWord = 10

  /// Letters by which words are the same: `packages` and `packaging`.
  private static let stemLength = 5

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

  /// Words with which no request ends.
  private static let connecting: Set = [
    "a", "an", "the", "and", "or", "of", "in", "on", "to", "for", "with", "from", "by", "as", "at",
    "is", "are", "was", "were", "be", "that", "which", "if", "when", "but", "not", "between", "its",
  ]

  /// Longer words that say nothing of what a question is about.
  private static let common: Set = [
    "what", "which", "whom", "whose", "when", "where", "does", "have", "that", "this", "these",
    "those", "with", "from", "into", "would", "could", "should", "must", "will", "shall", "they",
    "them", "their", "there", "then", "than", "your", "about", "some", "other", "also", "only",
    "been", "being", "were", "between", "difference", "explain", "describe", "summarize", "list",
    "name", "give", "write", "example", "purpose", "mean", "means", "need", "want", "make", "used",
    "using", "like", "most", "more", "many", "much", "such", "each", "before", "after",
  ]

  private static let refusals = [
    "i m sorry", "i am sorry", "as an ai", "i cannot", "i can t", "i don t have", "i do not have",
    "not mentioned", "does not mention", "doesn t mention", "does not specify", "doesn t specify",
    "does not provide", "doesn t provide", "not provided in", "not specified in",
    "no information", "not explicitly",
  ]

  private static let requests: Set = [
    "write", "list", "name", "give", "explain", "describe", "summarize", "summarise", "outline",
    "compare", "define", "show",
    "tell", "make", "create", "convert", "provide", "state", "identify", "help", "draft", "rewrite",
    "structure", "format", "extract",
  ]
}
