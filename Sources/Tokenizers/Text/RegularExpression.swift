import Foundation

/// A regular expression for patterns that have no scanner of their own.
///
/// tokenizer.json holds patterns in Oniguruma's Ruby syntax; ICU runs them here. Both backtrack
/// and try alternatives in order, so where the syntax means the same they match the same. Where
/// it does not, `RegularExpressionTranslator` rewrites it or says what it cannot. ICU gives up a
/// match that needs more than 8 MB of backtracking, which takes a repeated group over a run of
/// more than a million characters; no published pattern has one.
struct RegularExpression: Sendable {
  /// As it is spelled in tokenizer.json.
  let pattern: String
  private let expression: NSRegularExpression

  /// What is wrong with a pattern.
  struct Failure: Error {
    let problem: String
  }

  init(_ pattern: String) throws(Failure) {
    self.pattern = pattern
    let translated = try RegularExpressionTranslator.translate(pattern)
    do {
      expression = try NSRegularExpression(pattern: translated)
    } catch {
      throw Failure(problem: "a regular expression that compiles")
    }
  }

  /// Cuts `text[range]` into matches and what lies between them; the pattern sees nothing outside.
  func appendMatches(
    in text: Span<UInt8>, _ range: Range<Int>, to matches: inout [TextMatch]
  ) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count)
    bytes.append(text, range)
    let string = String(decoding: bytes, as: UTF8.self)
    let units = string.utf16.count

    // Offsets come back in UTF-16 units and in order; one walk turns them into bytes.
    var unit = 0
    var byte = range.lowerBound
    func advance(to target: Int) -> Int {
      while unit < target {
        let length = scalarLength(text[byte])
        byte += length
        unit += length == 4 ? 2 : 1
      }
      return byte
    }

    var pending = range.lowerBound
    var lastEnd = -1
    for result in expression.matches(
      in: string, range: NSRange(location: 0, length: units))
    {
      // Oniguruma's iterator passes over an empty match where the last match ended.
      if result.range.length == 0, result.range.location == lastEnd { continue }
      lastEnd = result.range.location + result.range.length
      let start = advance(to: result.range.location)
      let end = advance(to: lastEnd)
      if pending < start {
        matches.append(TextMatch(start: pending, end: start, isMatch: false))
      }
      matches.append(TextMatch(start: start, end: end, isMatch: true))
      pending = end
    }
    if pending < range.upperBound {
      matches.append(TextMatch(start: pending, end: range.upperBound, isMatch: false))
    }
  }
}
