import Foundation
import Testing

@testable import Tokenizers

/// The engine for patterns without a scanner, against Foundation's, and its limits.
@Suite struct RegularExpressionTests {
  /// Patterns that mean the same in Oniguruma's syntax and in ICU's.
  static let patterns = [
    #"(?:a|ab)(?:c|bcd)*d?"#, #"(a*)*b|a"#, #"(?:a?){3}a{3}"#, #"(?>a+)b|a"#, #"a+?b|b??c"#, "a*",
    #"a++b|[^a]*+$"#.replacing("$", with: #"(?=\n|\z)"#), #"(?:ab?){2,4}?a"#, #"(?<=a|bc)[b-d]"#,
    #"(?<!a)b|(?!ab)a"#, #"(?:a|b|)+c"#, #"(?:|a)+b"#, #"(?:(?:a|b)+?c)*a"#, #"[a-c&&[^b]]+"#,
    #"[^a\]]|\]"#, #"(?:a(?=b)|b)+"#, #"\p{Lu}\p{Ll}*|\P{L}"#, #"(?i:ab|[c-d])+"#, #"\x61\u0062"#,
    #"\A.|.\z"#, #"(?:(?:a|b){1,2}|c){2}"#,
  ]

  private func matches(_ expression: RegularExpression, _ text: String) throws -> [Range<Int>] {
    let bytes = Array(text.utf8)
    var matches: [TextMatch] = []
    var budget = TextBudget(count: bytes.count, steps: 100_000)
    try expression.appendMatches(in: bytes.span, 0..<bytes.count, to: &matches, &budget)
    return matches.filter(\.isMatch).map { $0.start..<$0.end }
  }

  @Test(arguments: patterns)
  func matchesAsFoundationDoes(_ pattern: String) throws {
    let expression = try RegularExpression(pattern)
    let oracle = try NSRegularExpression(pattern: pattern)
    var generator = SeededGenerator(seed: 5)
    let letters = Array("aaaabbbccdAB]\né\u{1F642}".unicodeScalars)
    for _ in 0..<300 {
      var scalars = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...12, using: &generator) {
        scalars.append(letters[Int.random(in: 0..<letters.count, using: &generator)])
      }
      let text = String(scalars)
      var expected: [Range<Int>] = []
      for match in oracle.matches(in: text, range: NSRange(text.startIndex..., in: text)) {
        let units = text.utf16
        let start = units.index(units.startIndex, offsetBy: match.range.location)
        let end = units.index(start, offsetBy: match.range.length)
        let range =
          text.utf8.distance(
            from: text.startIndex, to: start)..<text.utf8.distance(from: text.startIndex, to: end)
        // Oniguruma's iterator skips an empty match where the last match ended.
        if range.isEmpty, range.lowerBound == expected.last?.upperBound { continue }
        expected.append(range)
      }
      #expect(try matches(expression, text) == expected, "\(text.debugDescription)")
    }
  }

  /// Ruby's syntax, where ICU's differs.
  @Test func readsRubysSyntax() throws {
    func found(_ pattern: String, _ text: String) throws -> [Range<Int>] {
      try matches(RegularExpression(pattern), text)
    }
    #expect(try found("a{2}?", "aaaaa") == [0..<2, 2..<4, 5..<5])
    #expect(try found("a{,2}b", "aaab") == [1..<4])
    #expect(try found("x(?i)a|b", "xA xB B") == [0..<2, 3..<5])
    #expect(try found("a{x}", "a{x}") == [0..<4])
    #expect(try found("(?i:ks)", "\u{212A}\u{17F}") == [0..<5])
    #expect(try found("^.", "a\nb\n") == [0..<1, 2..<3])
    #expect(try found(#"\h+\v"#, "fG9\u{B}") == [2..<4])
  }

  /// Hours of backtracking end at once, in a result or in an error.
  @Test(arguments: [
    ("(a+)+$", nil), ("(a|aa)+$", nil), ("(a*)*b", nil), ("(x+x+)+y", nil), ("(.*)*x", nil),
    ("(?>a+)b", 0), ("(?:a?){40}a{40}", 6),
  ])
  func endsOnHostilePatterns(_ pattern: String, _ count: Int?) throws {
    let expression = try RegularExpression(pattern)
    let letter = pattern.contains("y") ? "x" : "a"
    let text = String(repeating: letter, count: 480) + "!\n"
    if let count {
      #expect(try matches(expression, text).count == count)
    } else {
      #expect(throws: TextBudget.Exceeded.self) { try matches(expression, text) }
    }
  }
}
