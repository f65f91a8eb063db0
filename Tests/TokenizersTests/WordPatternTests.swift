import Testing

@testable import Tokenizers

/// The scanners against the regular expressions that they stand for.
@Suite struct WordPatternTests {
  /// The matches, and in brackets what lies between them.
  private func words(_ pattern: TextPattern, _ text: String) -> [String] {
    let bytes = Array(text.utf8)
    var matches: [TextMatch] = []
    pattern.appendMatches(in: bytes.span, 0..<bytes.count, to: &matches)
    return matches.map { match in
      let part = String(decoding: bytes[match.start..<match.end], as: UTF8.self)
      return match.isMatch ? part : "[\(part)]"
    }
  }

  @Test(arguments: WordPattern.published.map(\.expression))
  func matchesLikeTheRegularExpression(_ expression: String) throws {
    let scanner = try #require(WordPattern(expression: expression))
    let oracle = TextPattern.expression(try RegularExpression(expression))
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<2000 {
      let text = generator.text(upTo: 40)
      let found = words(.words(scanner), text)
      let expected = words(oracle, text)
      let agrees = found.elementsEqual(expected, by: isSame)
      #expect(agrees, "\(text.debugDescription)")
    }
  }

  /// Foundation's ICU knows the same version of Unicode as Python's `tokenizers`, 16.
  @Test func everyScalarHasTheClassOfTheRegularExpression() throws {
    let classes: [(ScalarClass, String)] = [
      (.letter, #"\p{L}"#), (.number, #"\p{N}"#), (.whitespace, #"\s"#),
      (.other, #"[^\s\p{L}\p{N}]"#),
    ]
    var text: [UInt8] = []
    for value in UInt32(0)..<0x110000 {
      if let scalar = Unicode.Scalar(value) { text.append(scalar: scalar) }
    }
    for (kind, expression) in classes {
      var matches: [TextMatch] = []
      try RegularExpression(expression).appendMatches(
        in: text.span, 0..<text.count, to: &matches)
      var wrong = 0
      for match in matches where match.isMatch {
        let (value, _) = decodeScalar(text.span, at: match.start)
        if UnicodeClasses.shared[value] != kind { wrong += 1 }
      }
      #expect(wrong == 0, "\(expression)")
    }
  }
}
