extension Lexer {
  /// The tokens between the delimiters of an output or a tag.
  ///
  /// - Returns: the sign in front of the closing delimiter.
  @discardableResult
  mutating func scanExpression(
    closing: String, kind: Token.Kind
  ) throws(JinjaError) -> Unicode.Scalar? {
    let start = line
    var brackets: [Unicode.Scalar] = []
    while position < source.count {
      if brackets.isEmpty, let sign = closingSign(closing) {
        tokens.append(Token(kind: kind, line: line))
        advance(to: position + closing.unicodeScalars.count + (sign == " " ? 0 : 1))
        if sign == "-" && kind == .outputEnd { skipSpace() }
        return sign == " " ? nil : sign
      }
      let scalar = source[position]
      if scalar.isPythonSpace {
        advance(to: position + 1)
      } else if scalar == "'" || scalar == "\"" {
        try scanString(quote: scalar)
      } else if ("0"..."9").contains(scalar) {
        try scanNumber()
      } else if scalar == "_" || scalar.properties.isXIDStart {
        scanName()
      } else {
        try scanSymbol(&brackets)
      }
    }
    throw JinjaError("expected \(closing)", line: start)
  }

  /// The sign of the closing delimiter at the position: `-`, `+`, or a space for none. Nil
  /// where there is another token.
  private func closingSign(_ closing: String) -> Unicode.Scalar? {
    let rest = source[position...]
    let delimiter = closing.unicodeScalars
    if rest.starts(with: delimiter) { return " " }
    guard let sign = rest.first, sign == "-" || (sign == "+" && closing == "%}"),
      rest.dropFirst().starts(with: delimiter)
    else { return nil }
    return sign
  }

  private mutating func scanName() {
    var end = position
    while end < source.count, source[end] == "_" || source[end].properties.isXIDContinue {
      end += 1
    }
    append(.name(text(position..<end)), to: end)
  }

  /// An integer (also hexadecimal, octal, binary) or a number with fraction or exponent; `_` may
  /// separate digits.
  private mutating func scanNumber() throws(JinjaError) {
    let prefixes: [(Unicode.Scalar, Int)] = [("x", 16), ("o", 8), ("b", 2)]
    for (letter, radix) in prefixes where source[position] == "0" && position + 2 < source.count {
      let mark = source[position + 1]
      guard mark == letter || mark == Unicode.Scalar(letter.value - 32) else { continue }
      let end = digitsEnd(from: position + 2, radix: radix)
      let digits = text(position + 2..<end).replacing("_", with: "")
      guard let value = Int(digits, radix: radix) else {
        throw JinjaError("expected digits after 0\(letter)", line: line)
      }
      append(.integer(value), to: end)
      return
    }
    var end = digitsEnd(from: position, radix: 10)
    var isInteger = true
    if end + 1 < source.count, source[end] == ".", isDigit(end + 1) {
      isInteger = false
      end = digitsEnd(from: end + 1, radix: 10)
    }
    if end < source.count, source[end] == "e" || source[end] == "E" {
      let signed = end + 1 < source.count && (source[end + 1] == "+" || source[end + 1] == "-")
      let digits = end + (signed ? 2 : 1)
      if isDigit(digits) {
        isInteger = false
        end = digitsEnd(from: digits, radix: 10)
      }
    }
    let digits = text(position..<end).replacing("_", with: "")
    if isInteger {
      guard let value = Int(digits) else {
        throw JinjaError("the number \(digits.excerpt) is too large", line: line)
      }
      append(.integer(value), to: end)
    } else {
      append(.number(Double(digits) ?? .nan), to: end)
    }
  }

  private func isDigit(_ index: Int) -> Bool {
    index < source.count && ("0"..."9").contains(source[index])
  }

  private func digitsEnd(from start: Int, radix: Int) -> Int {
    var end = start
    while end < source.count,
      source[end] == "_" || Character(source[end]).hexDigitValue.map({ $0 < radix }) ?? false
    {
      end += 1
    }
    return end
  }

  private mutating func scanString(quote: Unicode.Scalar) throws(JinjaError) {
    let start = line
    var end = position + 1
    while end < source.count, source[end] != quote { end += source[end] == "\\" ? 2 : 1 }
    guard end < source.count else { throw JinjaError("a string is not closed", line: start) }
    let value = try Self.unescaped(source[position + 1..<end], line: start)
    append(.string(value), to: end + 1)
  }

  private mutating func scanSymbol(_ brackets: inout [Unicode.Scalar]) throws(JinjaError) {
    let two = text(position..<min(position + 2, source.count))
    if ["//", "**", "==", "!=", ">=", "<="].contains(two) {
      append(.symbol(two), to: position + 2)
      return
    }
    let scalar = source[position]
    let pairs: [Unicode.Scalar: Unicode.Scalar] = ["(": ")", "[": "]", "{": "}"]
    if let closing = pairs[scalar] {
      brackets.append(closing)
    } else if scalar == ")" || scalar == "]" || scalar == "}" {
      guard brackets.popLast() == scalar else {
        throw JinjaError("unexpected \(scalar)", line: line)
      }
    } else if !"+-/*%~><=.:|,;".unicodeScalars.contains(scalar) {
      throw JinjaError("unexpected character \(String(scalar).debugDescription)", line: line)
    }
    append(.symbol(String(scalar)), to: position + 1)
  }

  private mutating func append(_ kind: Token.Kind, to end: Int) {
    tokens.append(Token(kind: kind, line: line))
    advance(to: end)
  }

  private func text(_ range: Range<Int>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: source[range])
    return String(view)
  }
}

extension Lexer {
  /// A string with the escapes of a Python literal resolved; what is no escape stays as it is.
  static func unescaped(
    _ scalars: ArraySlice<Unicode.Scalar>, line: Int
  ) throws(JinjaError) -> String {
    let plain: [Unicode.Scalar: Unicode.Scalar] = [
      "\\": "\\", "'": "'", "\"": "\"", "a": "\u{07}", "b": "\u{08}", "f": "\u{0C}", "n": "\n",
      "r": "\r", "t": "\t", "v": "\u{0B}",
    ]
    var result = String.UnicodeScalarView()
    var index = scalars.startIndex
    while index < scalars.endIndex {
      let scalar = scalars[index]
      index += 1
      guard scalar == "\\", index < scalars.endIndex else {
        result.append(scalar)
        continue
      }
      let escape = scalars[index]
      index += 1
      if let value = plain[escape] {
        result.append(value)
      } else if escape == "\n" {
        continue
      } else if let width = ["x": 2, "u": 4, "U": 8][escape] {
        let digits = scalars[index...].prefix(width)
        let text = String(String.UnicodeScalarView(digits))
        guard digits.count == width, let code = UInt32(text, radix: 16),
          let value = Unicode.Scalar(code)
        else {
          throw JinjaError("expected \(width) hexadecimal digits after \\\(escape)", line: line)
        }
        result.append(value)
        index += width
      } else if ("0"..."7").contains(escape) {
        let digits = scalars[(index - 1)...].prefix(3).prefix { ("0"..."7").contains($0) }
        let text = String(String.UnicodeScalarView(digits))
        if let code = UInt32(text, radix: 8), let value = Unicode.Scalar(code) {
          result.append(value)
        }
        index += digits.count - 1
      } else {
        result.append("\\")
        result.append(escape)
      }
    }
    return String(result)
  }
}
