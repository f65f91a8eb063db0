/// The published patterns that byte-level tokenizers cut text into words with, as scanners over
/// UTF-8. They match what the regular expressions match, leftmost alternative first, in one pass:
/// every byte is looked at a bounded number of times.
enum WordPattern: Sendable, Equatable {
  /// GPT-2.
  case gpt2
  /// The cl100k family: Llama 3 takes up to three digits together, Qwen2 one.
  case cl100k(digits: Int)
  /// Falcon's last step; unlike the others it matches only parts of a text.
  case threeDigits

  /// The regular expressions, as they are spelled in tokenizer.json.
  static let published: [(expression: String, pattern: WordPattern)] = [
    (WordExpression.gpt2, .gpt2),
    (WordExpression.llama3, .cl100k(digits: 3)),
    (WordExpression.qwen2, .cl100k(digits: 1)),
    (WordExpression.threeDigits, .threeDigits),
  ]

  /// The scanner for `expression`, where it is one of the published ones to the letter.
  init?(expression: String) {
    guard let found = Self.published.first(where: { $0.expression == expression }) else {
      return nil
    }
    self = found.pattern
  }

  /// Appends the matches in `text[range]` and what lies between them.
  func appendMatches(
    in text: Span<UInt8>, _ range: Range<Int>, to matches: inout [TextMatch]
  ) {
    let scanner = WordScanner(classes: .shared, end: range.upperBound)
    var start = range.lowerBound
    while start < range.upperBound {
      var isMatch = true
      let end: Int
      switch self {
      case .gpt2: end = scanner.gpt2(text, start)
      case .cl100k(let digits): end = scanner.cl100k(text, start, digits: digits)
      case .threeDigits: (end, isMatch) = scanner.threeDigits(text, start)
      }
      matches.append(TextMatch(start: start, end: end, isMatch: isMatch))
      start = end
    }
  }
}

/// Finds where the word that starts at an index ends.
private struct WordScanner {
  let classes: UnicodeClasses
  let end: Int

  @inline(__always)
  private func next(_ text: Span<UInt8>, _ index: Int) -> (class: ScalarClass, length: Int) {
    let (value, length) = decodeScalar(text, at: index)
    return (classes[value], length)
  }

  /// The end of the run of `kind` that may start at `index`.
  @inline(__always)
  private func run(of kind: ScalarClass, _ text: Span<UInt8>, _ index: Int) -> Int {
    var index = index
    while index < end {
      let (found, length) = next(text, index)
      if found != kind { break }
      index += length
    }
    return index
  }

  /// `'s|'t|'re|'ve|'m|'ll|'d` at the apostrophe at `index`: the end, or nil.
  private func contraction(_ text: Span<UInt8>, _ index: Int, ignoringCase: Bool) -> Int? {
    guard index + 1 < end else { return nil }
    let fold: UInt8 = ignoringCase ? 0x20 : 0
    switch text[index + 1] | fold {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return index + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return index + 2 < end && text[index + 2] | fold == UInt8(ascii: "e") ? index + 3 : nil
    case UInt8(ascii: "l"):
      return index + 2 < end && text[index + 2] | fold == UInt8(ascii: "l") ? index + 3 : nil
    default:
      // U+017F, the long s, folds to s.
      let isLongS =
        ignoringCase && index + 2 < end && text[index + 1] == 0xC5 && text[index + 2] == 0xBF
      return isLongS ? index + 3 : nil
    }
  }

  /// `\s+(?!\S)|\s+` where white space starts at `index` and ends at `stop`: all of it at the end
  /// of the text, else all but the last, which belongs to the next word.
  @inline(__always)
  private func whitespace(_ text: Span<UInt8>, _ index: Int, _ stop: Int) -> Int {
    if stop == end { return stop }
    let last = scalarStart(text, before: stop)
    return last > index ? last : stop
  }

  func gpt2(_ text: Span<UInt8>, _ index: Int) -> Int {
    let first = text[index]
    if first == UInt8(ascii: "'"),
      let stop = contraction(text, index, ignoringCase: false)
    {
      return stop
    }
    var start = index
    var (kind, length) = next(text, index)
    if first == UInt8(ascii: " "), index + 1 < end {
      start = index + 1
      (kind, length) = next(text, start)
      if kind == .whitespace { start = index }
    }
    if kind != .whitespace { return run(of: kind, text, start + length) }
    return whitespace(text, index, run(of: .whitespace, text, start))
  }

  /// The end of three digits at `index`, or of what lies before the next three.
  func threeDigits(_ text: Span<UInt8>, _ index: Int) -> (end: Int, isMatch: Bool) {
    let isDigit = { (byte: UInt8) in 0x30...0x39 ~= byte }
    var digits = 0
    for position in index..<end {
      digits = isDigit(text[position]) ? digits + 1 : 0
      if digits == 3 { return position == index + 2 ? (position + 1, true) : (position - 2, false) }
    }
    return (end, false)
  }

  func cl100k(_ text: Span<UInt8>, _ index: Int, digits: Int) -> Int {
    let first = text[index]
    if first == UInt8(ascii: "'"),
      let stop = contraction(text, index, ignoringCase: true)
    {
      return stop
    }
    let (kind, length) = next(text, index)
    let following = index + length
    switch kind {
    case .letter:
      return run(of: .letter, text, following)
    case .number:
      var stop = following
      for _ in 1..<max(digits, 1) where stop < end {
        let (found, length) = next(text, stop)
        if found != .number { break }
        stop += length
      }
      return stop
    case .other, .whitespace:
      let isNewline = first == 0x0A || first == 0x0D
      if !isNewline, following < end {
        let (found, length) = next(text, following)
        if found == .letter { return run(of: .letter, text, following + length) }
        if first == UInt8(ascii: " "), found == .other {
          return newlines(text, run(of: .other, text, following + length))
        }
      }
      if kind == .other { return newlines(text, run(of: .other, text, following)) }
      return whitespaceAndNewlines(text, index)
    }
  }

  /// `[\r\n]*` at `index`.
  private func newlines(_ text: Span<UInt8>, _ index: Int) -> Int {
    var index = index
    while index < end, text[index] == 0x0A || text[index] == 0x0D { index += 1 }
    return index
  }

  /// `\s*[\r\n]+|\s+(?!\S)|\s+` at the white space at `index`.
  private func whitespaceAndNewlines(_ text: Span<UInt8>, _ index: Int) -> Int {
    let stop = run(of: .whitespace, text, index)
    var last = stop
    while last > index {
      if text[last - 1] == 0x0A || text[last - 1] == 0x0D { return last }
      last -= 1
    }
    return whitespace(text, index, stop)
  }
}
