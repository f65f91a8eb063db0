import Foundation

/// A recursive-descent parser for JSON (RFC 8259) that refuses two equal keys in one object.
///
/// `NaN`, `Infinity` and `-Infinity` are read as numbers, because Python's `json` writes them into
/// configurations. A byte-order mark is refused, as by Python's `json` and by the reader of the
/// `tokenizers` library.
///
/// A tokenizer.json is mostly one object of 150,000 short keys and one array of as many pairs;
/// strings of up to 15 bytes live inside a Swift `String`, so almost nothing is allocated.
struct JSONParser {
  /// Nesting beyond this is refused, so that no input can exhaust the stack.
  static let depthLimit = 256

  private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

  let bytes: [UInt8]
  var position = 0
  private var depth = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The one value of the text; white space may surround it, nothing else.
  mutating func parseDocument() throws(JSONSyntaxError) -> JSON {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      throw failure("expected a value, found a byte-order mark")
    }
    let value = try parseLeading()
    skipSpace()
    if position < bytes.count { throw failure("expected the end of the text") }
    return value
  }

  /// The value that the text begins with.
  mutating func parseLeading() throws(JSONSyntaxError) -> JSON {
    skipSpace()
    return try parseValue()
  }

  private mutating func parseValue() throws(JSONSyntaxError) -> JSON {
    switch current {
    case UInt8(ascii: "{"):
      return try nested { (parser) throws(JSONSyntaxError) in try parser.parseObject() }
    case UInt8(ascii: "["):
      return try nested { (parser) throws(JSONSyntaxError) in try parser.parseArray() }
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", as: .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", as: .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", as: .null)
    case UInt8(ascii: "N") where foreignSyntax == nil:
      return try parseWord("NaN", as: .number(.nan))
    case UInt8(ascii: "I"): return try parseWord("Infinity", as: .number(.infinity))
    case let byte? where byte == UInt8(ascii: "-") || Self.digits.contains(byte):
      return try parseNumber()
    default: throw failure("expected a value")
    }
  }

  private mutating func nested(
    _ parse: (inout JSONParser) throws(JSONSyntaxError) -> JSON
  ) throws(JSONSyntaxError) -> JSON {
    depth += 1
    if depth > Self.depthLimit { throw failure("expected at most \(Self.depthLimit) levels") }
    defer { depth -= 1 }
    return try parse(&self)
  }

  private mutating func parseObject() throws(JSONSyntaxError) -> JSON {
    position += 1
    var object = JSONObject()
    skipSpace()
    if skip("}") { return .object(object) }
    while true {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw failure("expected a key in quotes") }
      let keyPosition = position
      let key = try parseString()
      skipSpace()
      if !skip(":") { throw failure("expected \":\" after a key") }
      skipSpace()
      if !object.append(key, try parseValue()) {
        position = keyPosition
        throw failure("expected each key once, found \"\(key)\" a second time")
      }
      skipSpace()
      if skip(",") { continue }
      if skip("}") { return .object(object) }
      throw failure("expected \",\" or \"}\" in an object")
    }
  }

  private mutating func parseArray() throws(JSONSyntaxError) -> JSON {
    position += 1
    var elements: [JSON] = []
    skipSpace()
    if skip("]") { return .array(elements) }
    while true {
      skipSpace()
      elements.append(try parseValue())
      skipSpace()
      if skip(",") { continue }
      if skip("]") { return .array(elements) }
      throw failure("expected \",\" or \"]\" in an array")
    }
  }

  private mutating func parseWord(_ word: StaticString, as value: JSON) throws(JSONSyntaxError)
    -> JSON
  {
    let letters = Array(word.description.utf8)
    guard bytes[position...].starts(with: letters) else { throw failure("expected \(word)") }
    position += letters.count
    return value
  }

  private mutating func parseNumber() throws(JSONSyntaxError) -> JSON {
    let start = position
    var isInteger = true
    if skip("-"), current == UInt8(ascii: "I") {
      return try parseWord("Infinity", as: .number(-.infinity))
    }
    let leadingZero = current == UInt8(ascii: "0")
    let digits = try skipDigits()
    if leadingZero && digits > 1 {
      position = start
      throw failure("expected a number without leading zeros")
    }
    if skip(".") {
      isInteger = false
      _ = try skipDigits()
    }
    if skip("e") || skip("E") {
      isInteger = false
      if !skip("+") { _ = skip("-") }
      _ = try skipDigits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger {
      if let integer = Int(text) { return .integer(integer) }
      if let integer = UInt64(text) { return .unsigned(integer) }
    }
    guard let number = Double(text) else {
      position = start
      throw failure("expected a number")
    }
    return .number(number)
  }

  private mutating func skipDigits() throws(JSONSyntaxError) -> Int {
    let start = position
    while let byte = current, Self.digits.contains(byte) { position += 1 }
    if position == start { throw failure("expected a digit") }
    return position - start
  }

  /// The byte at the position, or nil at the end.
  var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard current == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }
}

extension JSONParser {
  /// An error at the position, with the character found there.
  func failure(_ reason: String) -> JSONSyntaxError {
    let before = bytes[..<min(position, bytes.count)]
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let found =
      foreignSyntax
      ?? current.map { byte in
        (0x21..<0x7F).contains(byte)
          ? "\"\(Unicode.Scalar(byte))\"" : "byte 0x\(String(byte, radix: 16))"
      }
    let states = reason.contains("found") ? "" : ", found \(found ?? "the end of the text")"
    return JSONSyntaxError(
      line: before.count { $0 == 0x0A } + 1, column: before.count - lineStart + 1,
      reason: reason + states)
  }
}

extension JSONParser {
  /// The construct at the position where it belongs to a language that resembles JSON.
  private var foreignSyntax: String? {
    let rest = bytes[min(position, bytes.count)...]
    for mark in ["//", "/*", "#"] where rest.starts(with: mark.utf8) {
      return "a comment, which JSON does not have"
    }
    if current == UInt8(ascii: "'") { return "a single quote, where JSON has double quotes" }
    for (word, own) in [("None", "null"), ("True", "true"), ("False", "false")]
    where rest.starts(with: word.utf8) {
      return "Python's \(word), where JSON has \(own)"
    }
    return nil
  }
}

extension JSON {
  /// Reads the JSON value that a text begins with, whatever follows it.
  ///
  /// - Returns: the value, and how many bytes of the text it takes with the white space before it.
  /// - Throws: an error at the first character that is not JSON.
  package static func leading(
    _ bytes: [UInt8]
  ) throws(JSONSyntaxError) -> (value: JSON, byteCount: Int) {
    var parser = JSONParser(bytes)
    let value = try parser.parseLeading()
    return (value, parser.position)
  }

  /// Reads one JSON value from UTF-8.
  ///
  /// - Throws: an error at the first character that is not JSON, or at a repeated key of an object.
  package init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
    var parser = JSONParser(bytes)
    self = try parser.parseDocument()
  }
}
