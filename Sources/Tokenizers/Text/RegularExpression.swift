/// A regular expression for patterns that have no scanner of their own.
///
/// tokenizer.json holds patterns in Oniguruma's Ruby syntax. They run here as they run there, but
/// within a budget of steps: a hostile pattern that would take hours ends in an error.
struct RegularExpression: Sendable {
  /// As it is spelled in tokenizer.json.
  let pattern: String
  private let program: RegularExpressionProgram

  /// What is wrong with a pattern.
  struct Failure: Error {
    let problem: String

    static let doesNotCompile = Failure(problem: "a regular expression that compiles")

    static func without(_ construct: String) -> Failure {
      Failure(problem: "a regular expression without \(construct)")
    }
  }

  init(_ pattern: String) throws(Failure) {
    self.pattern = pattern
    program = try RegularExpressionProgram(RegularExpressionParser.parse(pattern))
  }

  /// Cuts `text[range]` into matches and what lies between them; the pattern sees nothing outside.
  func appendMatches(
    in text: Span<UInt8>, _ range: Range<Int>, to matches: inout [TextMatch],
    _ budget: inout TextBudget
  ) throws(TextBudget.Exceeded) {
    var matcher = RegularExpressionMatcher(program, pattern: pattern, in: range)
    var pending = range.lowerBound
    var start = range.lowerBound
    var lastEnd = -1
    while let match = try matcher.firstMatch(in: text, from: start, &budget) {
      start = match.upperBound
      // Oniguruma's iterator passes over an empty match where the last match ended.
      if match.isEmpty, match.lowerBound == lastEnd {
        if start == range.upperBound { break }
        start += scalarLength(text[start])
        continue
      }
      lastEnd = match.upperBound
      if pending < match.lowerBound {
        matches.append(TextMatch(start: pending, end: match.lowerBound, isMatch: false))
      }
      matches.append(TextMatch(start: match.lowerBound, end: match.upperBound, isMatch: true))
      pending = match.upperBound
    }
    if pending < range.upperBound {
      matches.append(TextMatch(start: pending, end: range.upperBound, isMatch: false))
    }
  }
}
