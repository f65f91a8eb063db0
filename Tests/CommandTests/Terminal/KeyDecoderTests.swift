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

  /// Bytes that are no text are seen and told, and hide nothing that follows.
  @Test func brokenBytesAreShown() {
    let (a, b, broken) = (UInt8(ascii: "a"), UInt8(ascii: "b"), Key.text("\u{FFFD}"))
    #expect(keys([0xFF, a]) == [broken, .text("a"), .unreadable])
    #expect(keys([0xC3, a, b]) == [broken, .text("a"), .text("b"), .unreadable])
    #expect(keys([0x80, 0x80, a]) == [broken, broken, .text("a"), .unreadable])
    #expect(keys([0xC0, 0x80, a]) == [broken, .text("a"), .unreadable])
    #expect(
      keys(Array("\u{1B}[200~".utf8) + [0xE9, a] + Array("\u{1B}[201~".utf8))
        == [.pasted("\u{FFFD}a"), .unreadable])
    // The character itself is text.
    #expect(keys("\u{FFFD}") == [broken])
  }

  /// An Esc that nothing follows for a while is a key of its own.
  @Test func aLoneEscapeTakesNoOtherKey() {
    var decoder = KeyDecoder()
    #expect(decoder.keys(of: [0x1B]).isEmpty && decoder.isInEscape)
    decoder.endEscape()
    #expect(!decoder.isInEscape)
    #expect(decoder.keys(of: Array("a".utf8)) == [.text("a")])
    #expect(decoder.keys(of: Array("\u{1B}[".utf8)).isEmpty && decoder.isInEscape)
    decoder.endEscape()
    #expect(decoder.keys(of: Array("A".utf8)) == [.text("A")])
    #expect(keys("\u{1B}\u{1B}[A") == [.up])
    #expect(keys("\u{1B}[\r") == [.enter])
    // The beginning of a character may wait for its rest.
    _ = decoder.keys(of: [0xC3])
    decoder.endEscape()
    #expect(decoder.keys(of: [0xA9]) == [.text("é")])
  }
}
