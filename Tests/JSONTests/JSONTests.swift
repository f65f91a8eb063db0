import Testing

@testable import JSON

@Suite("JSON")
struct JSONTests {
  private func parse(_ text: String) throws -> JSON {
    try JSON(parsing: Array(text.utf8))
  }

  @Test("values of every kind")
  func values() throws {
    let text =
      #" {"a": [1, -2, 0, 1.5, 2e3, -1E-2], "b": {"c": null}, "d": [true, false, {}, []]} "#
    #expect(
      try parse(text)
        == .object([
          "a": .array([
            .integer(1), .integer(-2), .integer(0), .number(1.5), .number(2000), .number(-0.01),
          ]),
          "b": .object(["c": .null]),
          "d": .array([.bool(true), .bool(false), .object([:]), .array([])]),
        ]))
  }

  @Test("strings: escapes, surrogate pairs, text outside ASCII")
  func strings() throws {
    #expect(
      try parse(#""\"\\\/\b\f\n\r\té\u00e9\ud83d\ude00😀""#) == .string("\"\\/\u{8}\u{c}\n\r\téé😀😀"))
  }

  @Test("numbers beyond Int stay numbers; Python's names for what is not finite")
  func numbers() throws {
    #expect(try parse("1000000000000000019884624838656") == .number(1e30))
    #expect(try parse("9223372036854775807") == .integer(.max))
    #expect(
      try parse("[Infinity, -Infinity]") == .array([.number(.infinity), .number(-.infinity)]))
    guard case .number(let value) = try parse("NaN") else {
      Issue.record("NaN is no number")
      return
    }
    #expect(value.isNaN)
  }

  @Test(
    "text that is not JSON is refused at its place",
    arguments: [
      ("", "line 1, column 1: expected a value, found the end of the text"),
      ("{\"a\":1,}", "line 1, column 8: expected a key in quotes, found \"}\""),
      ("{\"a\" 1}", "line 1, column 6: expected \":\" after a key, found \"1\""),
      ("[1\n 2]", "line 2, column 2: expected \",\" or \"]\" in an array, found \"2\""),
      ("[1] x", "line 1, column 5: expected the end of the text, found \"x\""),
      (
        "\"a\nb\"",
        "line 1, column 3: expected control characters to be escaped in a string, found byte 0xa"
      ),
      ("\"abc", "line 1, column 5: expected a closing quote, found the end of the text"),
      (
        "\"\\x\"",
        "line 1, column 3: expected one of \" \\ / b f n r t u after a backslash, found \"x\""
      ),
      (
        "\"\\ud800\"", "line 1, column 8: expected the two halves of a surrogate pair, found \"\"\""
      ),
      ("01", "line 1, column 1: expected a number without leading zeros, found \"0\""),
      ("1.", "line 1, column 3: expected a digit, found the end of the text"),
      ("tru", "line 1, column 1: expected true, found \"t\""),
      ("\u{FEFF}[]", "line 1, column 1: expected a value, found a byte-order mark"),
      ("{\"a\":1,\"a\":2}", "line 1, column 8: expected each key once, found \"a\" a second time"),
    ])
  func refusals(text: String, message: String) {
    #expect {
      try parse(text)
    } throws: { error in
      #expect("\(error)" == message)
      return true
    }
  }

  @Test(
    "UTF-8 that is not valid is refused, with and without escapes",
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0x5C, 0x6E, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
    ])
  func invalidUTF8(bytes: [UInt8]) {
    let error = #expect(throws: JSONSyntaxError.self) { try JSON(parsing: bytes) }
    #expect(error?.column == bytes.count)
    #expect(error?.reason.hasPrefix("expected UTF-8 in the string that ends here") == true)
  }

  @Test("text between escapes stays")
  func textAroundEscapes() throws {
    #expect(try parse(#""é\n—\u0120\u0000z""#) == .string("é\n—\u{120}\0z"))
  }

  @Test("nesting is limited")
  func nesting() throws {
    let limit = JSONParser.depthLimit
    _ = try parse(String(repeating: "[", count: limit) + String(repeating: "]", count: limit))
    #expect(throws: JSONSyntaxError.self) {
      try parse(String(repeating: "[", count: 100_000))
    }
  }

  @Test("text as Python's json.dumps writes it")
  func text() throws {
    let value = try parse(#"{"b":[1,2.0,1e-05,1e16,"é\n\u0001"],"a":{},"c":[],"d":null}"#)
    #expect(
      value.text()
        == #"{"b": [1, 2.0, 1e-05, 1e+16, "é\n\u0001"], "a": {}, "c": [], "d": null}"#)
    #expect(
      value.text(JSON.Layout(indentation: 2, sortsKeys: true, escapesNonASCII: true)) == #"""
        {
          "a": {},
          "b": [
            1,
            2.0,
            1e-05,
            1e+16,
            "\u00e9\n\u0001"
          ],
          "c": [],
          "d": null
        }
        """#)
    #expect(try JSON(parsing: Array(value.text(.compact).utf8)) == value)
  }
}
