import Testing

@testable import train_gpu

@Suite struct TerminalTextTests {
  @Test(arguments: [
    ("a", 1), ("é", 1), ("e\u{301}", 1), ("語", 2), ("😀", 2), ("👩\u{200D}💻", 2), ("❤\u{FE0F}", 2),
    ("", 0),
  ])
  func widthsAreThoseOfTerminals(text: String, width: Int) {
    #expect(text.terminalWidth == width)
  }

  @Test func controlCharactersAreWrittenAsTheirCodes() {
    #expect("a\u{1B}[2Jb\tc\nd".terminalText == "a\\u{1b}[2Jb  c\nd")
    #expect("plain\ntext".terminalText == "plain\ntext")
  }

  private func lines(_ text: String, width: Int) -> [String] {
    var wrapped = WrappedText(width: width)
    wrapped.append(text)
    wrapped.finish()
    return wrapped.lines
  }

  @Test func linesBreakBetweenWords() {
    #expect(lines("the cab has a bad back", width: 7) == ["the cab", "has a", "bad", "back"])
    #expect(lines("one\n\ntwo", width: 9) == ["one", "", "two"])
    #expect(lines("abcdefghij", width: 4) == ["abcd", "efgh", "ij"])
    #expect(lines("語語語 a", width: 4) == ["語語", "語 a"])
    #expect(lines("", width: 4).isEmpty)
  }

  @Test func piecesGiveTheLinesOfTheWhole() {
    let text =
      "the cab has a bad back; a cabbage is abaca.\nAnd\n\nmore 語語語語語 of it, averyverylongword"
    for width in 2...20 {
      var wrapped = WrappedText(width: width)
      var before: [String] = []
      for character in text {
        wrapped.append(String(character))
        #expect(wrapped.lines.starts(with: before), "complete lines stay")
        before = wrapped.lines
        #expect(wrapped.lines.allSatisfy { $0.terminalWidth <= width })
      }
      wrapped.finish()
      #expect(wrapped.lines == lines(text, width: width))
    }
  }
}
