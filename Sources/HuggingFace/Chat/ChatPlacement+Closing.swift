import Jinja
import Tokenizers

extension ChatPlacement {
  /// Beginnings of prompts that tokenizers often join with the text before them.
  static let awkwardPrompts = ["A", "1", "é", " A", "\nA", "\n\nA", "\tA", ".A", "  "]

  /// Beginnings of contexts that a tokenizer may join with a space before them.
  private static let contextBeginnings =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789é#".map { String($0) } + ["You"]

  /// The longest beginning of `common` whose tokens no awkward prompt changes: they are the first
  /// tokens of the whole text after the context.
  static func longestClosing(
    _ common: String, _ tails: [String], _ tokenizer: Tokenizer, _ afterContext: TextAfterContext,
    _ reading: PieceReading
  ) throws(PlacementError) -> String {
    guard tails.allSatisfy({ $0.utf8.starts(with: common.utf8) }) else { return "" }
    var whole: [[Int]] = []
    for tail in tails { whole.append(try afterContext.identifiers(of: tail)) }
    nextCut: for closing in cuts(of: common, tokenizer) {
      let tokens = try afterContext.identifiers(of: closing)
      for (tail, whole) in zip(tails, whole) {
        guard whole.starts(with: tokens) else { continue nextCut }
        if reading == .inPlace { continue }
        let rest = String(decoding: tail.utf8.dropFirst(closing.utf8.count), as: UTF8.self)
        guard try whole.dropFirst(tokens.count).elementsEqual(afterContext.identifiers(of: rest))
        else {
          continue nextCut
        }
      }
      return closing
    }
    return ""
  }

  /// The tokens of the header that are the same for every context.
  func headerIdentifiers(
    _ tokenizer: Tokenizer, _ reading: PieceReading
  ) throws(PlacementError) -> [Int] {
    var tokens = try tokenizer.identifiers(of: header)
    guard reading == .inPlace else { return tokens }
    for context in Self.contextBeginnings {
      let whole = try tokenizer.identifiers(of: header + context)
      tokens.removeLast(tokens.count - zip(tokens, whole).prefix(while: ==).count)
    }
    return tokens
  }

  /// The text itself, and its beginnings up to and including each special token, with and without
  /// the white space after it; the longest first.
  private static func cuts(of text: String, _ tokenizer: Tokenizer) -> [String] {
    var cuts = [text]
    for identifier in tokenizer.specialIdentifiers {
      guard let token = tokenizer.token(of: identifier), !token.isEmpty else { continue }
      var rest = text[...]
      while let found = rest.range(ofText: token) {
        let cut = text[..<found.upperBound]
        let space = text[found.upperBound...].unicodeScalars.prefix(while: \.isPythonSpace)
        cuts += [String(cut), String(cut) + String(space)]
        rest = rest[found.upperBound...]
      }
    }
    return cuts.sorted { $0.utf8.count > $1.utf8.count }
  }
}

extension String {
  /// The common beginning of this text and another one, compared by scalars.
  func commonBeginning(with other: String) -> String {
    var common = String.UnicodeScalarView()
    for (first, second) in zip(unicodeScalars, other.unicodeScalars) {
      if first != second { break }
      common.append(first)
    }
    return String(common)
  }
}

extension StringProtocol {
  /// The range of the first occurrence of a text, compared by scalars.
  func range(ofText text: String) -> Range<Index>? {
    let (haystack, needle) = (unicodeScalars, text.unicodeScalars)
    var start = haystack.startIndex
    while start < haystack.endIndex {
      if haystack[start...].starts(with: needle) {
        return start..<haystack.index(start, offsetBy: needle.count)
      }
      start = haystack.index(after: start)
    }
    return nil
  }
}
