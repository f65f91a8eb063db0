import Jinja
import Tokenizers

extension ChatPlacement {
  /// Beginnings of prompts that tokenizers like to join with what stands before them.
  private static let awkwardPrompts = ["A", "1", "é", " A", "\nA", "\n\nA", "\tA", ".A", "  "]

  /// The longest beginning of `common` after which every awkward prompt has the same tokens apart
  /// as in one piece.
  static func longestClosing(
    _ common: String, _ writer: ChatWriter, _ tokenizer: Tokenizer
  ) throws(PlacementError) -> String {
    var tails: [String] = []
    for prompt in awkwardPrompts {
      let (_, tail) = try cut(writer, [ChatMessage(role: "user", content: prompt)])
      guard tail.utf8.starts(with: common.utf8) else { return "" }
      tails.append(tail)
    }
    func encode(_ text: Substring.UTF8View) throws(PlacementError) -> [Int] {
      try tokenizer.identifiers(of: String(decoding: text, as: UTF8.self))
    }
    var whole: [[Int]] = []
    for tail in tails { whole.append(try encode(Substring(tail).utf8)) }
    nextCut: for closing in cuts(of: common, tokenizer) {
      let length = closing.utf8.count
      let tokens = try encode(Substring(closing).utf8)
      for (tail, whole) in zip(tails, whole)
      where try whole != tokens + encode(Substring(tail).utf8.dropFirst(length)) {
        continue nextCut
      }
      return closing
    }
    return ""
  }

  /// The text itself, and its beginnings up to and including each special token, with and without
  /// the white space behind it; the longest first.
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
  /// What this text and another one begin with, scalar by scalar.
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
  /// Where a text stands for the first time, compared scalar by scalar.
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
