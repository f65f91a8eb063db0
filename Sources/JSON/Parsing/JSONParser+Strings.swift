extension JSONParser {
  /// A string: between quotes, with escapes.
  mutating func parseString() throws(JSONSyntaxError) -> String {
    position += 1
    // Most strings have no escapes and are read straight from the text.
    var content: [UInt8] = []
    var start = position
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        let text: String?
        if content.isEmpty {
          text = String(validating: bytes.span.extracting(start..<position))
        } else {
          content += bytes[start..<position]
          text = String(validating: content.span)
        }
        guard let text else { throw failure("expected UTF-8 in the string that ends here") }
        position += 1
        return text
      case UInt8(ascii: "\\"):
        content += bytes[start..<position]
        try parseEscape(into: &content)
        start = position
      case 0..<0x20: throw failure("expected control characters to be escaped in a string")
      default: position += 1
      }
    }
    throw failure("expected a closing quote")
  }

  /// Moves to the place of a byte of the string that the document is, counted without escapes.
  mutating func moveToStringByte(_ offset: Int) {
    position = (bytes.firstIndex(of: UInt8(ascii: "\"")) ?? 0) + 1
    var content: [UInt8] = []
    while content.count < offset, let byte = current {
      if byte == UInt8(ascii: "\\") {
        guard (try? parseEscape(into: &content)) != nil else { return }
      } else {
        content.append(byte)
        position += 1
      }
    }
  }

  private mutating func parseEscape(into content: inout [UInt8]) throws(JSONSyntaxError) {
    position += 1
    let plain: UInt8
    switch current {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain = bytes[position]
    case UInt8(ascii: "b"): plain = 0x08
    case UInt8(ascii: "f"): plain = 0x0C
    case UInt8(ascii: "n"): plain = 0x0A
    case UInt8(ascii: "r"): plain = 0x0D
    case UInt8(ascii: "t"): plain = 0x09
    case UInt8(ascii: "u"):
      content.append(contentsOf: try parseUnicodeEscape().utf8)
      return
    default: throw failure("expected one of \" \\ / b f n r t u after a backslash")
    }
    content.append(plain)
    position += 1
  }

  /// The scalar of `\uXXXX`, or of two such escapes that are a surrogate pair; begins at the `u`.
  private mutating func parseUnicodeEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
    let first = try parseHexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    let isPair =
      (0xD800..<0xDC00).contains(first)
      && bytes[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")])
    if isPair {
      position += 1
      let second = try parseHexadecimal()
      if (0xDC00..<0xE000).contains(second),
        let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
      {
        return scalar
      }
    }
    throw failure("expected the two halves of a surrogate pair")
  }

  private mutating func parseHexadecimal() throws(JSONSyntaxError) -> UInt32 {
    position += 1
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("expected four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}

extension String {
  /// A text of UTF-8, or nil, as `init(validating:as:)`; but that is generic, and looking up its
  /// types takes a third of the time of reading a tokenizer.json.
  fileprivate init?(validating bytes: Span<UInt8>) {
    guard let text = try? UTF8Span(validating: bytes) else { return nil }
    self.init(copying: text)
  }
}
