import JSON

/// What a call of tools may leave out, and a chat template may read all the same.
package enum CallCompletion: CaseIterable, Sendable {
  /// `arguments`.
  case arguments
  /// `function`, which holds name and arguments.
  case function
  /// Both.
  case all

  /// A message whose calls have it.
  package func applied(to message: ChatMessage) -> ChatMessage {
    guard case .array(let calls)? = message.extra[ChatMessage.callsKey] else { return message }
    var extra = message.extra
    extra[ChatMessage.callsKey] = .array(calls.map(applied))
    return ChatMessage(role: message.role, content: message.content, extra: extra)
  }

  private func applied(to call: JSON) -> JSON {
    guard case .object(var object) = call else { return call }
    if case .object(var function)? = object["function"] {
      addArguments(to: &function)
      object["function"] = .object(function)
    } else {
      addArguments(to: &object)
      if self != .arguments {
        object = ["type": .string("function"), "function": .object(object)]
      }
    }
    return .object(object)
  }

  private func addArguments(to function: inout JSONObject) {
    if self != .function, function["arguments"] == nil { function["arguments"] = .object([:]) }
  }

  /// The first call of a message that lacks it; nil where none does.
  ///
  /// - Throws: where the calls of the message cannot be read.
  package func failure(in message: JSONNode) throws(JSONReadingError) -> JSONReadingError? {
    for (_, function) in try ChatMessage.calls(of: message) {
      if self != .arguments, !function.path.hasSuffix(".function") {
        return function.failure(
          expected: "an object with name and arguments, which the chat template reads there",
          found: "nothing", at: "function")
      }
      if self != .function, try !function.keys().contains("arguments") {
        return function.failure(
          expected: "an object, {} for none, which the chat template writes", found: "nothing",
          at: "arguments")
      }
    }
    return nil
  }
}
