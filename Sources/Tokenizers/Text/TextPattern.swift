/// A stretch of text that a pattern matched or passed over.
struct TextMatch {
  var start: Int
  var end: Int
  var isMatch: Bool
}

/// What a splitting or replacing component looks for.
enum TextPattern: Sendable {
  /// These bytes; never empty.
  case literal([UInt8])
  /// One of the published word patterns, as a hand-written scanner.
  case words(WordPattern)
  /// Any other regular expression.
  case expression(RegularExpression)
  /// Single scalars of a set.
  case scalars(ScalarSet)
  /// `\w+|[^\w\s]+`
  case wordsAndSymbols

  /// The sets that components split at.
  enum ScalarSet: Sendable {
    case whitespace, numbers, punctuation
  }

  /// Cuts `text[range]` into matches and what lies between them, in order and without gaps, as if
  /// nothing stood around the range.
  func appendMatches(
    in text: Span<UInt8>, _ range: Range<Int>, to matches: inout [TextMatch],
    _ budget: inout TextBudget
  ) throws(TextBudget.Exceeded) {
    switch self {
    case .literal(let literal):
      Self.appendLiteralMatches(of: literal, in: text, range, to: &matches)
    case .words(let pattern):
      pattern.appendMatches(in: text, range, to: &matches)
    case .expression(let expression):
      try expression.appendMatches(in: text, range, to: &matches, &budget)
    case .scalars(let set):
      Self.appendScalarMatches(of: set, in: text, range, to: &matches)
    case .wordsAndSymbols:
      Self.appendWordsAndSymbols(in: text, range, to: &matches)
    }
  }

  private static func appendLiteralMatches(
    of literal: [UInt8], in text: Span<UInt8>, _ range: Range<Int>, to matches: inout [TextMatch]
  ) {
    let first = literal[0]
    var pending = range.lowerBound
    var index = range.lowerBound
    while index + literal.count <= range.upperBound {
      guard text[index] == first,
        (1..<literal.count).allSatisfy({ text[index + $0] == literal[$0] })
      else {
        index += 1
        continue
      }
      if pending < index { matches.append(TextMatch(start: pending, end: index, isMatch: false)) }
      matches.append(TextMatch(start: index, end: index + literal.count, isMatch: true))
      index += literal.count
      pending = index
    }
    if pending < range.upperBound {
      matches.append(TextMatch(start: pending, end: range.upperBound, isMatch: false))
    }
  }

  private static func appendScalarMatches(
    of set: ScalarSet, in text: Span<UInt8>, _ range: Range<Int>, to matches: inout [TextMatch]
  ) {
    var pending = range.lowerBound
    var index = range.lowerBound
    while index < range.upperBound {
      let (value, length) = decodeScalar(text, at: index)
      if set.contains(value) {
        if pending < index { matches.append(TextMatch(start: pending, end: index, isMatch: false)) }
        matches.append(TextMatch(start: index, end: index + length, isMatch: true))
        pending = index + length
      }
      index += length
    }
    if pending < range.upperBound {
      matches.append(TextMatch(start: pending, end: range.upperBound, isMatch: false))
    }
  }

  /// 0: white space, 1: word character, 2: anything else.
  private static func wordKind(_ value: UInt32) -> Int {
    guard let scalar = Unicode.Scalar(value) else { return 2 }
    return scalar.isWordCharacter ? 1 : scalar.properties.isWhitespace ? 0 : 2
  }

  private static func appendWordsAndSymbols(
    in text: Span<UInt8>, _ range: Range<Int>, to matches: inout [TextMatch]
  ) {
    var index = range.lowerBound
    while index < range.upperBound {
      let start = index
      var (value, length) = decodeScalar(text, at: index)
      let kind = wordKind(value)
      repeat {
        index += length
        if index == range.upperBound { break }
        (value, length) = decodeScalar(text, at: index)
      } while wordKind(value) == kind
      matches.append(TextMatch(start: start, end: index, isMatch: kind != 0))
    }
  }
}

extension TextPattern.ScalarSet {
  @inline(__always)
  func contains(_ value: UInt32) -> Bool {
    // Most of most texts is decided without a look at the properties.
    if self == .numbers, value < 0xB2 { return 0x30...0x39 ~= value }
    if self == .whitespace { return UnicodeClasses.shared[value] == .whitespace }
    guard let scalar = Unicode.Scalar(value) else { return false }
    return self == .numbers ? scalar.isNumeric : scalar.isPunctuation
  }
}
