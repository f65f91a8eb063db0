import Testing

@testable import Distillation

/// The text of each token of an answer.
@Suite struct TokenTextsTests {
  /// Tokens of single bytes.
  private func text(_ bytes: [Int]) -> String {
    String(decoding: bytes.map { UInt8($0) }, as: UTF8.self)
  }

  @Test func aCharacterOfSeveralTokensStandsAtItsLast() {
    let bytes = Array("aé€z".utf8).map(Int.init)
    let tokens = HeldOutAnswer.Tokens(bytes, text: text)
    #expect(tokens.texts == ["a", "", "é", "", "", "€", "z"])
    #expect(tokens.text == "aé€z")
  }

  @Test func aCutCharacterIsShownAtTheEnd() {
    let bytes = Array("ab€".utf8.dropLast()).map(Int.init)
    let tokens = HeldOutAnswer.Tokens(bytes, text: text)
    #expect(tokens.texts.count == bytes.count)
    #expect(tokens.text.hasPrefix("ab") && tokens.text.hasSuffix("\u{fffd}"))
  }

  /// SentencePiece drops the space of the first token of a text.
  @Test func aTextThatDependsOnTheTokenBeforeIsWhole() {
    let words = [" the", " cab", " has"]
    let tokens = HeldOutAnswer.Tokens([0, 1, 2]) { run in
      let text = run.map { words[$0] }.joined()
      return text.hasPrefix(" ") ? String(text.dropFirst()) : text
    }
    #expect(tokens.texts == ["the", " cab", " has"])
  }

  @Test func noTokensHaveNoText() {
    #expect(HeldOutAnswer.Tokens([], text: text).texts == [])
  }
}
