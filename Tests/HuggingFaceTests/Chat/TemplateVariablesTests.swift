import Foundation
import HuggingFace
import JSON
import Testing

@Suite("TemplateVariables")
struct TemplateVariablesTests {
  @Test(
    "a value is JSON where it is, else a text",
    arguments: [
      ("enable_thinking=false", .bool(false)), ("n=3", .integer(3)), ("x=0.5", .number(0.5)),
      ("nothing=null", .null), ("quoted=\"3\"", .string("3")), ("text=Ada", .string("Ada")),
      ("date=2024-01-01", .string("2024-01-01")), ("empty=", .string("")),
      ("equation=a=b", .string("a=b")),
      ("controls={\"a\": [1]}", .object(["a": .array([.integer(1)])])),
    ] as [(String, JSON)])
  func values(argument: String, expected: JSON) throws {
    let variables = try TemplateVariables(argument: argument)
    let name = String(argument.prefix { $0 != "=" })
    #expect(variables.values.keys == [name])
    #expect(variables.values[name] == expected)
    #expect(variables.arguments == [argument])
  }

  @Test(
    "what is no variable is refused",
    arguments: [
      ("enable_thinking", "expected NAME=VALUE, found 'enable_thinking'"),
      ("=1", "expected a name of letters, digits and underscores before =, found ''"),
      ("1a=1", "expected a name of letters, digits and underscores before =, found '1a'"),
      ("a b=1", "expected a name of letters, digits and underscores before =, found 'a b'"),
      ("messages=[]", "expected another name than messages, which the conversation sets"),
    ])
  func refusals(argument: String, message: String) {
    #expect {
      try TemplateVariables(argument: argument)
    } throws: { "\($0)" == message }
  }

  @Test("of two values for a name the later one holds, and the order is that of the names")
  func merging() throws {
    let merged = try ["b=1", "a=2", "b=3"].reduce(TemplateVariables()) {
      $0.merging(try TemplateVariables(argument: $1))
    }
    #expect(merged.arguments == ["a=2", "b=3"])
    #expect(!merged.isEmpty && TemplateVariables().isEmpty)
  }

  @Test("records hold the written form")
  func records() throws {
    let variables = try TemplateVariables(["b": .bool(false), "a": .string("x"), "c": .string("1")])
    let data = try JSONEncoder().encode(variables)
    #expect(String(decoding: data, as: UTF8.self) == #"["a=x","b=false","c=\"1\""]"#)
    #expect(try JSONDecoder().decode(TemplateVariables.self, from: data) == variables)
    #expect(throws: TemplateVariableError.noValue("a")) {
      try JSONDecoder().decode(TemplateVariables.self, from: Data(#"["a"]"#.utf8))
    }
  }

  @Test("auto means a recorded choice, whose variables are overridden by given ones")
  func choices() throws {
    let recorded = TemplateChoice("chatml", variables: try TemplateVariables(["a": .integer(1)]))
    let given = try TemplateVariables(["b": .integer(2)])
    #expect(
      TemplateChoice(variables: given).within(recorded)
        == TemplateChoice("chatml", variables: recorded.variables.merging(given)))
    #expect(TemplateChoice("raw").within(recorded) == TemplateChoice("raw"))
    #expect(TemplateChoice().within(nil) == TemplateChoice("auto"))
  }
}
