import JSON

extension ChatMessage {
  /// The key of a message's calls of tools.
  package static let callsKey = "tool_calls"

  private static let someArguments = "an object, or its JSON as a text"

  /// The calls of tools in a message, the function of each within or by itself, and its arguments
  /// as an object or, as OpenAI has them, as its JSON in a text:
  ///
  ///     "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": {...}}}]
  ///
  /// - Returns: the names, each with the function, for messages.
  /// - Throws: at the first thing that is no call.
  package static func calls(
    of message: JSONNode
  ) throws(JSONReadingError) -> [(name: String, function: JSONNode)] {
    guard try message.has(callsKey) else { return [] }
    let calls: [JSONNode] = try message.required(callsKey, expected: "a list of calls of tools")
    return try calls.map {
      (call) throws(JSONReadingError)
        -> (name: String, function: JSONNode) in
      if let type: String = try call.optional("type"), type != "function" {
        throw call.failure(expected: "\"function\"", found: "\"\(type.excerpt)\"", at: "type")
      }
      let function: JSONNode = try call.optional("function") ?? call
      let expected = "the name of a function"
      let name: String = try function.required("name", expected: expected)
      if name.isEmpty {
        throw function.failure(expected: expected, found: "an empty string", at: "name")
      }
      try checkArguments(of: function)
      return (name, function)
    }
  }

  /// Checks the arguments of a function under either name. One may be null beside the other, as
  /// tables write empty fields; alone a template would write the null.
  private static func checkArguments(of function: JSONNode) throws(JSONReadingError) {
    let names = ["arguments", "parameters"]
    var isGiven = false
    for name in names where try function.has(name) {
      try checkArguments(function.required(name))
      isGiven = true
    }
    let present = try function.keys()
    if !isGiven, let null = names.first(where: present.contains) {
      throw function.failure(expected: someArguments, found: "null", at: null)
    }
  }

  private static func checkArguments(_ arguments: JSONNode) throws(JSONReadingError) {
    var value = arguments
    if case .string(let text) = value.json {
      let json: JSON
      do { json = try JSON(parsing: Array(text.utf8)) } catch {
        throw value.failure(
          expected: someArguments, found: "a text that is no JSON (\(error))")
      }
      guard case .object = json else {
        throw value.failure(expected: someArguments, found: "a text of \(json.kind)")
      }
      value = JSONNode(json, file: value.file, path: value.path)
    }
    guard case .object = value.json else { throw value.failure(expected: someArguments) }
    try value.checkFinite()
  }
}
