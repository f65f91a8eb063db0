/// A context as a sequence of units: paragraphs, or parts of them where they are long. Chunks and
/// held-out parts begin and end between two units.
package struct ContextUnits: Sendable, Equatable {
  /// A stretch of the context's text.
  package struct Unit: Sendable, Equatable {
    /// Bytes of UTF-8 from the beginning of the context.
    package var bytes: Range<Int>
    /// Tokens of the stretch by itself.
    package var tokens: Int
  }

  /// The text, whose line ends are LF.
  package let text: String
  /// The units, one after the other, which together are the text.
  package let units: [Unit]

  /// Tokens of all units.
  package var tokens: Int { tokens(of: units.indices) }

  /// Tokens of some units.
  package func tokens(of range: Range<Int>) -> Int {
    units[range].reduce(0) { $0 + $1.tokens }
  }

  /// Divides a text into units of at most `limit` tokens each: at empty lines, else at the ends of
  /// sentences, else at spaces, else between any two characters.
  ///
  /// - Parameters:
  ///   - text: the text.
  ///   - limit: the most tokens of a unit.
  ///   - count: the tokens of a text.
  /// - Throws: the first error of `count`.
  package init<Failure: Error>(
    _ text: String, limit: Int, count: (String) throws(Failure) -> Int
  ) throws(Failure) {
    self.text = text
    var units: [Unit] = []
    func divide(_ part: Substring, _ level: Level) throws(Failure) {
      let tokens = try count(String(part))
      guard tokens > limit, part.count > 1 else {
        let first = text.utf8.distance(from: text.utf8.startIndex, to: part.startIndex)
        units.append(Unit(bytes: first..<(first + part.utf8.count), tokens: tokens))
        return
      }
      let pieces = level.pieces(of: part)
      for piece in pieces { try divide(piece, pieces.count > 1 ? level : level.next) }
    }
    if !text.isEmpty { try divide(text[...], .paragraph) }
    self.units = units
  }

  /// The text of some units.
  package func text(of range: Range<Int>) -> String {
    guard let bytes = bytes(of: range) else { return "" }
    return String(
      decoding: text.utf8.dropFirst(bytes.lowerBound).prefix(bytes.count), as: UTF8.self)
  }

  /// The bytes of some units; nil of none.
  package func bytes(of range: Range<Int>) -> Range<Int>? {
    guard let first = units[range].first, let last = units[range].last else { return nil }
    return first.bytes.lowerBound..<last.bytes.upperBound
  }

  /// Where a text may be divided.
  private enum Level {
    case paragraph, sentence, word, character

    var next: Level {
      switch self {
      case .paragraph: .sentence
      case .sentence: .word
      case .word, .character: .character
      }
    }

    /// The text in two pieces or more, or the text itself where it cannot be divided here.
    func pieces(of text: Substring) -> [Substring] {
      if self == .character {
        let middle = text.index(text.startIndex, offsetBy: text.count / 2)
        return [text[..<middle], text[middle...]]
      }
      var pieces: [Substring] = []
      var start = text.startIndex
      var place = text.startIndex
      while let end = nextEnd(in: text, from: place) {
        // White space belongs to what stands before it.
        let next = text[end...].firstIndex { !$0.isWhitespace } ?? text.endIndex
        if next < text.endIndex {
          pieces.append(text[start..<next])
          start = next
        }
        place = next
      }
      pieces.append(text[start...])
      return pieces
    }

    /// The end of a piece: where white space begins behind it.
    private func nextEnd(in text: Substring, from place: Substring.Index) -> Substring.Index? {
      var index = place
      while let space = text[index...].firstIndex(where: \.isWhitespace) {
        let gap = text[space...].prefix(while: \.isWhitespace)
        let isEnd =
          switch self {
          case .paragraph: gap.count { $0.isNewline } >= 2
          case .sentence:
            space > text.startIndex && ".?!:;。！？".contains(text[text.index(before: space)])
          case .word, .character: true
          }
        if isEnd { return space }
        index = gap.endIndex
      }
      return nil
    }
  }
}
