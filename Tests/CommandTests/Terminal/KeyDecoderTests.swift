import Testing

@testable import train_gpu

@Suite struct KeyDecoderTests {
  private func keys(_ bytes: [UInt8]) -> [Key] {
    var decoder = KeyDecoder()
    return decoder.keys(of: bytes)
  }

  private func keys(_ text: String) -> [Key] { keys(Array(text.utf8)) }

  @Test func charactersComeOneByOne() {
    #expect(keys("aé€😀") == ["a", "é", "€", "😀"].map { .text($0) })
  }

  @Test func keysOfXterm() {
    #expect(keys("\u{1B}[A\u{1B}[B\u{1B}[C\u{1B}[D") == [.up, .down, .right, .left])
    #expect(keys("\u{1B}OA\u{1B}OD") == [.up, .left])
    #expect(keys("\u{1B}[H\u{1B}[F\u{1B}[3~\u{1B}[1~") == [.home, .end, .delete, .home])
    #expect(
      keys("\u{01}\u{05}\u{0B}\u{15}\u{17}\u{7F}\u{08}") == [
        .home, .end, .deleteToEnd, .deleteToStart, .deleteWord, .backspace, .backspace,
      ])
    #expect(
      keys("\r\n\u{03}\u{04}\t\u{1B}\r") == [
        .enter, .text("\n"), .interrupt, .endOfInput, .text("\t"), .text("\n"),
      ])
  }

  @Test func keysWithoutMeaningArePassedOver() {
    #expect(
      keys("\u{1B}[15~a\u{1B}[1;5Cb\u{1B}xc\u{00}d") == ["a", "b", "c", "d"].map { .text($0) })
  }

  @Test func aPasteIsOneKeyWithItsLines() {
    #expect(
      keys("\u{1B}[200~one\rtwo\r\n\u{03}\u{1B}[A\u{1B}[201~x") == [
        .pasted("one\ntwo\n\u{03}\u{1B}[A"), .text("x"),
      ])
  }

  @Test func bytesMayComeInAnyPieces() {
    let bytes = Array("é\u{1B}[A\u{1B}[200~😀\r\u{1B}[201~\u{1B}OB€".utf8)
    let expected: [Key] = [.text("é"), .up, .pasted("😀\n"), .down, .text("€")]
    for split in bytes.indices {
      var decoder = KeyDecoder()
      let found =
        decoder.keys(of: Array(bytes[..<split])) + decoder.keys(of: Array(bytes[split...]))
      #expect(found == expected, "split at \(split)")
    }
  }

  @Test func brokenBytesDoNotHideWhatFollows() {
    #expect(keys([0xFF, UInt8(ascii: "a")]).last == .text("a"))
    #expect(keys([0xC3, UInt8(ascii: "a"), UInt8(ascii: "b")]).last == .text("b"))
    #expect(keys([0x80, 0x80, UInt8(ascii: "a")]) == [.text("a")])
  }
}
