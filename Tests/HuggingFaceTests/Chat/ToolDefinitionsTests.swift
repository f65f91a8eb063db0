import HuggingFace
import JSON
import Testing

/// Files of tools: what is read, and what is wrong with others in one line.
@Suite struct ToolDefinitionsTests {
  private func tools(_ text: String) throws -> ToolDefinitions {
    try ToolDefinitions(parsing: Array(text.utf8), file: "tools.json")
  }

  @Test func functionsOfEitherForm() throws {
    let found = try tools(
      """
      [{"type": "function", "function": {"name": "look", "description": "Looks.", "parameters": {}}},
       {"name": "go"}]
      """)
    #expect(found.functions.map(\.name) == ["look", "go"])
    #expect(found.functions.map(\.description) == ["Looks.", nil])
    guard case .array(let elements) = found.json else {
      Issue.record("expected a list")
      return
    }
    #expect(elements.count == 2)
  }

  @Test func aTextOfJSONIsTheSameList() throws {
    let (list, text) = (try tools(#"[{"name": "go"}]"#), try tools(#""[{\"name\": \"go\"}]""#))
    #expect(list == text && list.digest == text.digest && list.digest.count == 64)
    #expect(try tools(#"[{"name": "do"}]"#).digest != list.digest)
  }

  @Test(arguments: [
    (
      "{}",
      "expected a list of tools, [{\"type\": \"function\", \"function\": {...}}, ...], found an object"
    ),
    (
      "[]",
      "expected a list of tools, [{\"type\": \"function\", \"function\": {...}}, ...], found an empty one"
    ),
    ("[1]", "[0]: expected an object, found the integer 1"),
    ("[{\"name\": \"a\"}, {}]", "[1].name: expected the name of a function, found nothing"),
    ("[{\"name\": \"\"}]", "[0].name: expected the name of a function, found an empty string"),
    (
      "[{\"type\": \"function\", \"function\": {\"name\": 3}}]",
      "[0].function.name: expected the name of a function, found the integer 3"
    ),
    ("[{\"type\": \"web\"}]", "[0].type: expected \"function\", found \"web\""),
    (
      "[{\"name\": \"a\", \"parameters\": []}]",
      "[0].parameters: expected an object, found an array"
    ),
    (
      "[{\"name\": \"a\", \"description\": 1}]",
      "[0].description: expected a string, found the integer 1"
    ),
    (
      "[{\"name\": \"a\"}, {\"name\": \"a\"}]",
      "[1]: expected a name that no other tool has, found \"a\" again"
    ),
    (
      "[{\"name\": \"a\", \"parameters\": {\"maximum\": NaN}}]",
      "[0].parameters.maximum: expected a finite number, found the number NaN"
    ),
    (
      "[{\"name\": \"a\"}, {\"name\": \"b\", \"strict\": [1e999]}]",
      "[1].strict[0]: expected a finite number, found the number Infinity"
    ),
  ])
  func anotherFileIsRefusedByItsPlace(text: String, message: String) {
    #expect {
      try tools(text)
    } throws: { error in
      let found = "\(error)"
      return found == "tools.json: \(message)"
    }
  }

  @Test(arguments: [
    ("[{\"name\": ]", "line 1, column 11: expected a value, found \"]\""),
    ("[\n  {\"name\": ]", "line 2, column 12: expected a value, found \"]\""),
    ("\n \"[{]\"", "line 2, column 5: expected a key in quotes, found \"]\""),
    (#""[{\"name\": ]""#, "line 1, column 14: expected a value, found \"]\""),
  ])
  func damagedJSONIsNamedWithItsPlace(text: String, message: String) {
    #expect {
      try tools(text)
    } throws: { error in
      let found = "\(error)"
      return found == "tools.json: \(message)"
    }
  }
}
