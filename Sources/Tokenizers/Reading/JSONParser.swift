/// A recursive-descent parser of RFC 8259 JSON.
///
/// A tokenizer.json is mostly one object of 150,000 short keys and one array of as many pairs;
/// strings of up to 15 bytes live inside a Swift `String`, so almost nothing is allocated.
struct JSONParser {
  /// What is wrong, and at which byte.
  struct Failure: Error {
    let offset: Int
    let problem: String
  }

  /// Deeper nesting than any tokenizer has; keeps hostile input from exhausting the stack.
  private static let depthLimit = 128

  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Parses one value that must fill `bytes`, with white space around it allowed.
  static func parse(_ bytes: [UInt8]) throws(Failure) -> JSONValue {
    var parser = JSONParser(bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.position = 3 }
    let value = try parser.value()
    parser.skipWhitespace()
    guard parser.position == bytes.count else {
      throw parser.failure("text after the end of the value")
    }
    return value
  }

  private func failure(_ problem: String) -> Failure {
    Failure(offset: position, problem: problem)
  }

  private var current: UInt8? {
    position < bytes.count ? bytes[position] : nil
  }

  private mutating func skipWhitespace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func expect(_ byte: UInt8, _ name: String) throws(Failure) {
    guard current == byte else { throw failure("expected \(name)") }
    position += 1
  }

  private mutating func value() throws(Failure) -> JSONValue {
    skipWhitespace()
    guard let byte = current else { throw failure("the text ends where a value was expected") }
    switch byte {
    case UInt8(ascii: "{"): return .object(try nested { p throws(Failure) in try p.members() })
    case UInt8(ascii: "["): return .array(try nested { p throws(Failure) in try p.elements() })
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .boolean(true))
    case UInt8(ascii: "f"): return try literal("false", .boolean(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw failure("expected a value")
    }
  }

  private mutating func nested<Result>(
    _ body: (inout JSONParser) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard depth < Self.depthLimit else {
      throw failure("nested deeper than \(Self.depthLimit) levels")
    }
    depth += 1
    position += 1
    let result = try body(&self)
    depth -= 1
    return result
  }

  private mutating func members() throws(Failure) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    skipWhitespace()
    if current == UInt8(ascii: "}") {
      position += 1
      return members
    }
    while true {
      skipWhitespace()
      guard current == UInt8(ascii: "\"") else { throw failure("expected a member name") }
      let key = try string()
      skipWhitespace()
      try expect(UInt8(ascii: ":"), "':'")
      members.append(.init(key: key, value: try value()))
      skipWhitespace()
      if current == UInt8(ascii: "}") {
        position += 1
        return members
      }
      try expect(UInt8(ascii: ","), "',' or '}'")
    }
  }

  private mutating func elements() throws(Failure) -> [JSONValue] {
    var elements: [JSONValue] = []
    skipWhitespace()
    if current == UInt8(ascii: "]") {
      position += 1
      return elements
    }
    while true {
      elements.append(try value())
      skipWhitespace()
      if current == UInt8(ascii: "]") {
        position += 1
        return elements
      }
      try expect(UInt8(ascii: ","), "',' or ']'")
    }
  }

  private mutating func literal(
    _ text: StaticString, _ value: JSONValue
  ) throws(Failure) -> JSONValue {
    let expected = Array("\(text)".utf8)
    guard bytes[position...].starts(with: expected) else { throw failure("expected a value") }
    position += expected.count
    return value
  }

  private mutating func number() throws(Failure) -> JSONValue {
    let start = position
    var isInteger = true
    scan: while let byte = current {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
      case UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
        isInteger = false
      default: break scan
      }
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    if let value = Double(text), value.isFinite { return .number(value) }
    position = start
    throw failure("'\(text)' is not a number")
  }

  private mutating func string() throws(Failure) -> String {
    position += 1
    let start = position
    while let byte = current {
      if byte == UInt8(ascii: "\"") {
        guard let text = String(validating: bytes[start..<position], as: UTF8.self) else {
          throw failure("the string before this place is not UTF-8")
        }
        position += 1
        return text
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
      guard byte >= 0x20 else { throw failure("a control character inside a string") }
      position += 1
    }
    throw failure("the text ends inside a string")
  }

  /// The rest of a string whose first escape stands at `position`.
  private mutating func escapedString(from start: Int) throws(Failure) -> String {
    var content = Array(bytes[start..<position])
    while let byte = current {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          throw failure("the string before this place is not UTF-8")
        }
        return text
      case UInt8(ascii: "\\"):
        try appendEscape(to: &content)
      case 0..<0x20:
        position -= 1
        throw failure("a control character inside a string")
      default:
        content.append(byte)
      }
    }
    throw failure("the text ends inside a string")
  }

  private mutating func appendEscape(to content: inout [UInt8]) throws(Failure) {
    guard let byte = current else { throw failure("the text ends inside a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"):
      var value = try codeUnit()
      if 0xD800..<0xDC00 ~= value, current == UInt8(ascii: "\\") {
        position += 1
        try expect(UInt8(ascii: "u"), "the second half of a surrogate pair")
        let low = try codeUnit()
        guard 0xDC00..<0xE000 ~= low else { throw failure("half of a surrogate pair") }
        value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(value) else { throw failure("half of a surrogate pair") }
      content.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
    default:
      position -= 1
      throw failure("an unknown escape in a string")
    }
  }

  private mutating func codeUnit() throws(Failure) -> UInt32 {
    guard position + 4 <= bytes.count,
      bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt32(
        String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw failure("expected four hexadecimal digits") }
    position += 4
    return value
  }
}
