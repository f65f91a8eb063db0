/// Splits a template into tokens, with the white-space rules that transformers sets: `trim_blocks`
/// (the line break after a tag or comment is removed), `lstrip_blocks` (blanks between the start of
/// a line and a tag or comment are removed) and Jinja's default of removing one line break at the
/// end of the template.
///
/// `-` inside a delimiter removes all white space on its side, `+` keeps it all.
struct Lexer {
  let source: [Unicode.Scalar]
  var position = 0
  var line = 1
  var tokens: [Token] = []

  /// Whether the text at the position begins a line.
  private var startsLine = true

  init(_ template: String) {
    source = Self.normalized(template)
  }

  /// All tokens of a template; the last one is `end`.
  static func tokens(of template: String) throws(JinjaError) -> [Token] {
    var lexer = Lexer(template)
    try lexer.scanTemplate()
    return lexer.tokens
  }

  /// The template with line feeds for all line breaks, and without the last one.
  private static func normalized(_ template: String) -> [Unicode.Scalar] {
    var scalars: [Unicode.Scalar] = []
    var previous: Unicode.Scalar?
    for scalar in template.unicodeScalars {
      switch scalar {
      case "\r": scalars.append("\n")
      case "\n" where previous == "\r": break
      default: scalars.append(scalar)
      }
      previous = scalar
    }
    if scalars.last == "\n" { scalars.removeLast() }
    return scalars
  }

  private mutating func scanTemplate() throws(JinjaError) {
    while position < source.count {
      guard let opening = nextOpening() else {
        emitText(source[position...])
        advance(to: source.count)
        break
      }
      try scan(opening)
    }
    tokens.append(Token(kind: .end, line: line))
  }

  private enum Delimiter {
    case output
    case tag
    case comment
  }

  private struct Opening {
    let delimiter: Delimiter
    let position: Int
    let sign: Unicode.Scalar?
  }

  /// The next `{{`, `{%` or `{#`.
  private func nextOpening() -> Opening? {
    var index = position
    while index + 1 < source.count {
      if source[index] == "{" {
        let delimiter: Delimiter? =
          switch source[index + 1] {
          case "{": .output
          case "%": .tag
          case "#": .comment
          default: nil
          }
        if let delimiter {
          let next = index + 2 < source.count ? source[index + 2] : nil
          let sign = next == "-" || next == "+" ? next : nil
          return Opening(delimiter: delimiter, position: index, sign: sign)
        }
      }
      index += 1
    }
    return nil
  }

  private mutating func scan(_ opening: Opening) throws(JinjaError) {
    emitText(
      text(
        upTo: opening.position, sign: opening.sign, stripsBlanks: opening.delimiter != .output))
    advance(to: opening.position + 2 + (opening.sign == nil ? 0 : 1))
    switch opening.delimiter {
    case .output:
      tokens.append(Token(kind: .outputBegin, line: line))
      try scanExpression(closing: "}}", kind: .outputEnd)
      startsLine = source[position - 1] == "\n"
    case .comment:
      let start = line
      guard let end = find("#}", from: position) else {
        throw JinjaError("a comment is not closed", line: start)
      }
      let sign = end > position ? source[end - 1] : nil
      advance(to: end + 2)
      finishTag(sign: sign)
    case .tag:
      if try scanRaw() { return }
      tokens.append(Token(kind: .tagBegin, line: line))
      let sign = try scanExpression(closing: "%}", kind: .tagEnd)
      finishTag(sign: sign)
    }
  }

  /// The text from the position to `end`, without the white space that the tag after it removes.
  private func text(
    upTo end: Int, sign: Unicode.Scalar?, stripsBlanks: Bool
  ) -> ArraySlice<Unicode.Scalar> {
    var text = source[position..<end]
    if sign == "-" {
      while let last = text.last, last.isPythonSpace { text.removeLast() }
    } else if sign != "+" && stripsBlanks {
      let lineStart = text.lastIndex(of: "\n").map { $0 + 1 }
      if let start = lineStart ?? (startsLine ? position : nil),
        text[start...].allSatisfy(\.isPythonSpace)
      {
        text = text[..<start]
      }
    }
    return text
  }

  /// Skips the white space that a tag or comment removes after its end, from the position on.
  private mutating func finishTag(sign: Unicode.Scalar?) {
    if sign == "-" {
      skipSpace()
    } else if sign != "+", position < source.count, source[position] == "\n" {
      advance(to: position + 1)
    }
    startsLine = source[position - 1] == "\n"
  }

  /// The block between `{% raw %}` and `{% endraw %}`, as text. False where the tag is another one.
  private mutating func scanRaw() throws(JinjaError) -> Bool {
    guard let open = rawTagEnd("raw", from: position) else { return false }
    let start = line
    advance(to: open.end)
    if open.sign == "-" { skipSpace() }
    startsLine = source[position - 1] == "\n"
    var search = position
    while let begin = find("{%", from: search) {
      let next = begin + 2 < source.count ? source[begin + 2] : nil
      let sign = next == "-" || next == "+" ? next : nil
      if let close = rawTagEnd("endraw", from: begin + 2 + (sign == nil ? 0 : 1)) {
        emitText(text(upTo: begin, sign: sign, stripsBlanks: true))
        advance(to: close.end)
        finishTag(sign: close.sign)
        return true
      }
      search = begin + 2
    }
    throw JinjaError("the tag raw is not closed", line: start)
  }

  /// Where a tag of only this name ends, and the sign of its end.
  private func rawTagEnd(
    _ name: String, from start: Int
  ) -> (end: Int, sign: Unicode.Scalar?)? {
    var index = start
    func skipBlanks() {
      while index < source.count, source[index].isPythonSpace { index += 1 }
    }
    skipBlanks()
    guard source[index...].starts(with: name.unicodeScalars) else { return nil }
    index += name.unicodeScalars.count
    skipBlanks()
    var sign: Unicode.Scalar?
    if index < source.count, source[index] == "-" || source[index] == "+" {
      sign = source[index]
      index += 1
    }
    return source[index...].starts(with: "%}".unicodeScalars) ? (index + 2, sign) : nil
  }
}

extension Lexer {
  private mutating func emitText(_ text: ArraySlice<Unicode.Scalar>) {
    if text.isEmpty { return }
    var string = String.UnicodeScalarView()
    string.append(contentsOf: text)
    tokens.append(Token(kind: .text(String(string)), line: line))
  }

  /// The index of the first occurrence of `pattern` at or after `start`.
  func find(_ pattern: String, from start: Int) -> Int? {
    let pattern = Array(pattern.unicodeScalars)
    var index = start
    while index + pattern.count <= source.count {
      if source[index..<index + pattern.count].elementsEqual(pattern) { return index }
      index += 1
    }
    return nil
  }

  /// Moves the position forward and counts the lines on the way.
  mutating func advance(to end: Int) {
    for index in position..<end where source[index] == "\n" { line += 1 }
    position = end
  }

  mutating func skipSpace() {
    var end = position
    while end < source.count, source[end].isPythonSpace { end += 1 }
    advance(to: end)
  }
}
