import Distillation
import Testing

/// How a context is divided into units.
@Suite struct ContextUnitsTests {
  /// A token is a word.
  private func units(_ text: String, limit: Int) -> ContextUnits {
    ContextUnits(text, limit: limit) { (text) throws(Never) in
      text.split(whereSeparator: \.isWhitespace).count
    }
  }

  private func texts(_ units: ContextUnits) -> [String] {
    units.units.indices.map { units.text(of: $0..<($0 + 1)) }
  }

  @Test func paragraphsThatFitStayWhole() {
    let found = units("one two\nthree\n\nfour five\n\n\nsix\n", limit: 3)
    #expect(texts(found) == ["one two\nthree\n\n", "four five\n\n\n", "six\n"])
    #expect(found.units.map(\.tokens) == [3, 2, 1])
    #expect(found.units.map(\.bytes) == [0..<15, 15..<27, 27..<31])
    #expect(found.tokens == 6)
  }

  @Test func longParagraphsAreDividedAtSentencesThenAtWords() {
    #expect(
      texts(units("Is it? It is. It was, and it will be.", limit: 4)) == [
        "Is it? ", "It is. ", "It ", "was, ", "and ", "it ", "will ", "be.",
      ])
  }

  @Test func aTextWithoutSpacesIsDividedBetweenCharacters() {
    let found = ContextUnits("日本語の文章🇳🇴é", limit: 3) { (text) throws(Never) in text.count }
    #expect(texts(found).joined() == "日本語の文章🇳🇴é")
    #expect(found.units.allSatisfy { $0.tokens <= 3 })
    #expect(found.units.last?.bytes.upperBound == "日本語の文章🇳🇴é".utf8.count)
  }

  @Test(arguments: ["", " ", "\n\n", "a", "a\n\n", "\n\na", "a. b", "a\n\n\n\nb\n"])
  func theUnitsTogetherAreTheText(text: String) {
    #expect(texts(units(text, limit: 1)).joined() == text)
  }
}
