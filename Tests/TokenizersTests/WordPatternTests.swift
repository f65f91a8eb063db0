import Foundation
import Testing

@testable import Tokenizers

/// The scanners, compared with their regular expressions.
@Suite struct WordPatternTests {
  /// The matches, and in brackets the text between them.
  private func words(_ pattern: TextPattern, _ text: String) throws -> [String] {
    let bytes = Array(text.utf8)
    var matches: [TextMatch] = []
    var budget = TextBudget(count: bytes.count)
    try pattern.appendMatches(in: bytes.span, 0..<bytes.count, to: &matches, &budget)
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
      let found = try words(.words(scanner), text)
      let expected = try words(oracle, text)
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
    var text = String.UnicodeScalarView()
    /// The scalar of each UTF-16 unit of the text.
    var values: [UInt32] = []
    for value in UInt32(0)..<0x110000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      text.append(scalar)
      for _ in scalar.utf16 { values.append(value) }
    }
    let string = String(text)
    for (kind, expression) in classes {
      let oracle = try NSRegularExpression(pattern: expression + "+")
      var wrong = 0
      for match in oracle.matches(in: string, range: NSRange(location: 0, length: values.count)) {
        let found = values[match.range.location..<match.range.location + match.range.length]
        for value in found where UnicodeClasses.shared[value] != kind { wrong += 1 }
      }
      #expect(wrong == 0, "\(expression)")
    }
  }
}
