import JSON
import Testing

/// JSON in a string of JSON, and numbers that are none.
@Suite struct NestedJSONTests {
  private func nested(_ text: String) throws -> JSON {
    try JSONNode(parsingNested: Array(text.utf8), file: "f.json").json
  }

  private func message(_ body: () throws -> Void) -> String {
    do { try body() } catch { return "\(error)" }
    return "no error"
  }

  @Test func aStringOfJSONIsWhatItHolds() throws {
    #expect(try nested(#" "[1, \"a\"]" "#) == .array([.integer(1), .string("a")]))
    #expect(try nested("[1]") == .array([.integer(1)]))
    // Only one level is undone.
    #expect(try nested(#""\"[1]\"""#) == .string("[1]"))
  }

  /// Counted in the file, where escapes take more bytes than what they stand for.
  @Test(arguments: [
    (#""[}]""#, #"line 1, column 3: expected a value, found "}""#),
    (#"  "[\"\u00e9\u20ac\\n\", }]""#, #"line 1, column 26: expected a value, found "}""#),
    ("\n\n \"[1,\\n 2,\\n }\"", #"line 3, column 14: expected a value, found "}""#),
    (#""[\"\ud83d\ude00\" x""#, #"line 1, column 20: expected "," or "]" in an array, found "x""#),
    (#""[1""#, #"line 1, column 4: expected "," or "]" in an array, found the end of the text"#),
    (#""[1"#, "line 1, column 4: expected a closing quote, found the end of the text"),
  ])
  func aFaultHasItsPlaceInTheFile(text: String, place: String) {
    #expect(message { _ = try nested(text) } == "f.json: \(place)")
  }

  @Test(arguments: [
    (#"{"a": [1, NaN]}"#, "a[1]: expected a finite number, found the number NaN"),
    (#"{"a": {"b": -Infinity}}"#, "a.b: expected a finite number, found the number -Infinity"),
    (#"[{"a": 1e999}]"#, "[0].a: expected a finite number, found the number Infinity"),
    ("NaN", "expected a finite number, found the number NaN"),
  ])
  func numbersThatAreNotFiniteAreNamed(text: String, found: String) throws {
    let value = try JSONNode(parsing: Array(text.utf8), file: "f.json")
    #expect(message { try value.checkFinite() } == "f.json: \(found)")
  }

  @Test func otherValuesAreFinite() throws {
    let text = #"{"a": [1, 2.5, 1e308, null, "NaN", {"b": 18446744073709551615}]}"#
    let value = try JSONNode(parsing: Array(text.utf8), file: "f.json")
    #expect(throws: Never.self) { try value.checkFinite() }
  }
}
