import HuggingFace
import JSON

extension ExampleLine {
  /// Reads `messages`; the last one is the response where its role is the assistant.
  static func conversation(_ value: JSONNode) throws(JSONReadingError) -> ExampleLine {
    var messages = try messages("messages", in: value)
    let response = messages.last?.role == "assistant" ? messages.removeLast() : nil
    guard let last = messages.last, last.role != "assistant" else {
      throw value.failure(
        expected: "a user's message before the response",
        found: messages.isEmpty ? "none" : "two messages of the assistant", at: "messages")
    }
    return .messages(messages, response: response)
  }

  /// Reads `prompt` and `completion` as conversations: the earlier messages, and one message of the
  /// assistant.
  static func promptAndCompletion(_ value: JSONNode) throws(JSONReadingError) -> ExampleLine {
    let prompt = try messages("prompt", in: value)
    guard let last = prompt.last, last.role != "assistant" else {
      throw value.failure(
        expected: "a user's message before the response",
        found: prompt.isEmpty ? "none" : "the assistant's", at: "prompt")
    }
    guard try value.has("completion") else { return .messages(prompt, response: nil) }
    let completion = try messages("completion", in: value)
    guard let response = completion.first, completion.count == 1, response.role == "assistant"
    else {
      throw value.failure(
        expected: "one message of the assistant",
        found: completion.count == 1 ? "one of role \(completion[0].role)" : "\(completion.count)",
        at: "completion")
    }
    return .messages(prompt, response: response)
  }

  /// Messages of any role, which the template checks. Gemini calls the assistant `model`, and a
  /// message that calls tools may say nothing besides.
  private static func messages(
    _ key: String, in value: JSONNode
  ) throws(JSONReadingError) -> [ChatMessage] {
    let elements: [JSONNode] = try value.required(key)
    let messages: [ChatMessage] = try value.required(key)
    for (element, message) in zip(elements, messages)
    where message.content?.isEmpty == true && message.extra[ChatMessage.callsKey] == nil {
      throw element.failure(expected: "a text", found: "an empty string", at: "content")
    }
    return messages.map { message in
      message.role == "model"
        ? ChatMessage(role: "assistant", content: message.content, extra: message.extra) : message
    }
  }
}
