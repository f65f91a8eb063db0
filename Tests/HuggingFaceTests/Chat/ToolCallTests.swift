import HuggingFace
import JSON
import Testing

/// Calls of tools in answers, in the formats of the field.
@Suite struct ToolCallTests {
  private static let paris = ToolCall(
    name: "get_weather",
    arguments: .object(["city": .string("Paris"), "days": .integer(2)]))
  private static let time = ToolCall(name: "get_time", arguments: .object(JSONObject()))

  @Test(arguments: [
    // Hermes and Qwen, with text before it, and cut after the object.
    "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\", \"days\": 2}}\n</tool_call>",
    "Let me look.\n<tool_call>{\"arguments\": {\"days\": 2, \"city\": \"Paris\"}, \"name\": \"get_weather\"}",
    // SmolLM2
    "<tool_call>[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\", \"days\": 2}}]</tool_call>",
    // Mistral
    "[TOOL_CALLS] [{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\", \"days\": 2}, \"id\": \"a1\"}]",
    "[TOOL_CALLS]get_weather[ARGS]{\"city\": \"Paris\", \"days\": 2}",
    "[TOOL_CALLS] get_weather[CALL_ID]9Ao2bC4dE[ARGS] {\"days\": 2, \"city\": \"Paris\"}",
    // Phi-4-mini and Granite 3
    "<|tool_call|>[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\", \"days\": 2}}]<|/tool_call|>",
    "<|tool_call|>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\", \"days\": 2}}<|/tool_call|>",
    "functools[{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\", \"days\": 2}}]",
    // Command R7B
    "<|START_THINKING|>I look.<|END_THINKING|><|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": "
      + "\"get_weather\", \"parameters\": {\"city\": \"Paris\", \"days\": 2}}\n]<|END_ACTION|>",
    // Llama 3.x
    "<|python_tag|>{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Paris\", \"days\": 2}}",
    "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Paris\", \"days\": 2.0}}",
    " {\"type\": \"function\", \"name\": \"get_weather\", \"parameters\": {\"city\": \"Paris\", \"days\": 2}}\n",
    // As OpenAI has it: nested, the arguments as a text.
    "<tool_call>{\"type\": \"function\", \"function\": {\"name\": \"get_weather\", \"arguments\": "
      + "\"{\\\"city\\\": \\\"Paris\\\", \\\"days\\\": 2}\"}}</tool_call>",
  ])
  func oneCall(text: String) {
    #expect(ToolCall.calls(in: text) == [Self.paris])
  }

  @Test(arguments: [
    "<tool_call>{\"name\": \"get_time\"}</tool_call>\n<tool_call>{\"name\": \"get_weather\", "
      + "\"arguments\": {\"city\": \"Paris\", \"days\": 2}}</tool_call>",
    "<tool_call>[{\"name\": \"get_time\", \"arguments\": {}}, {\"name\": \"get_weather\", "
      + "\"arguments\": {\"city\": \"Paris\", \"days\": 2}}]</tool_call>",
    "[TOOL_CALLS] [{\"name\": \"get_time\", \"arguments\": {}}, {\"name\": \"get_weather\", "
      + "\"arguments\": {\"city\": \"Paris\", \"days\": 2}}]",
    "[TOOL_CALLS]get_time[ARGS]{}[TOOL_CALLS]get_weather[ARGS]{\"city\": \"Paris\", \"days\": 2}",
    "One moment.[TOOL_CALLS]get_time[CALL_ID]a[ARGS]{}[TOOL_CALLS]get_weather[CALL_ID]b[ARGS]"
      + "{\"city\": \"Paris\", \"days\": 2}",
    "<|tool_call|>[{\"name\": \"get_time\", \"arguments\": {}}, {\"name\": \"get_weather\", "
      + "\"arguments\": {\"city\": \"Paris\", \"days\": 2}}]",
    "<|python_tag|>{\"name\": \"get_time\", \"parameters\": {}}; {\"name\": \"get_weather\", "
      + "\"parameters\": {\"city\": \"Paris\", \"days\": 2}}",
  ])
  func severalCalls(text: String) {
    #expect(ToolCall.calls(in: text) == [Self.time, Self.paris])
  }

  @Test(arguments: [
    "", "No tools are needed.", "<tool_call>", "<tool_call>get_time</tool_call>",
    "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\"", "[TOOL_CALLS] []",
    "<|python_tag|>brave_search.call(query=\"x\")",
    "[TOOL_CALLS]", "[TOOL_CALLS]get_time", "[TOOL_CALLS]get_time[ARGS]", "[TOOL_CALLS][ARGS]{}",
    "[TOOL_CALLS]get_time[ARGS]{\"city\": ", "[TOOL_CALLS]get_time[ARGS][1]",
    "[TOOL_CALLS]get time[ARGS]{}", "[TOOL_CALLS]get_time[CALL_ID]a{}",
    "import functools", "functools[0]",
    // An answer of JSON is no call, nor is one that goes on.
    "{\"name\": \"Ada\", \"age\": 36}", "{\"name\": \"Ada\", \"parameters\": \"none\"}",
    "{\"name\": \"get_time\", \"parameters\": {}} is what I would call.",
    "[1, 2]", "{\"name\": \"\", \"parameters\": {}}",
  ])
  func noCall(text: String) {
    #expect(ToolCall.calls(in: text).isEmpty)
  }

  @Test func argumentsAreComparedAsJSON() {
    func call(_ arguments: JSON) -> ToolCall { ToolCall(name: "f", arguments: arguments) }
    #expect(
      call(.object(["a": .integer(1), "b": .array([.number(2)])]))
        == call(.object(["b": .array([.integer(2)]), "a": .number(1)])))
    #expect(call(.object(["a": .integer(1)])) != call(.object(["a": .string("1")])))
    #expect(call(.object(["a": .integer(1)])) != call(.object(["a": .bool(true)])))
    #expect(call(.array([.integer(1), .integer(2)])) != call(.array([.integer(2), .integer(1)])))
    #expect(call(.object(["a": .null])) != call(.object(JSONObject())))
    #expect(call(.number(1.5)) != call(.integer(1)))
    #expect(ToolCall(name: "g", arguments: .null) != call(.null))
  }

  @Test func everyCallCountsOnce() {
    let (a, b) = (Self.paris, Self.time)
    #expect(ToolCall.matches(of: [a, b], in: [b, a]) == 2)
    #expect(ToolCall.matches(of: [a, a], in: [a]) == 1)
    #expect(ToolCall.matches(of: [a], in: [a, a, b]) == 1)
    #expect(ToolCall.matches(of: [a, b], in: []) == 0)
  }
}
