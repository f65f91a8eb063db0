import HuggingFace
import JSON

/// The messages of a conversation.
extension PromptReader {
  /// Members of messages that are not used: those of the response, and those of other messages that
  /// the template does not mention.
  func unusedKeys(_ line: ExampleLine) -> Set<String> {
    guard case .messages(let messages, let response) = line else { return [] }
    let placement: Placement? = if case .text(_, let placement) = form { placement } else { nil }
    var unused: Set<String> = []
    for message in messages {
      unused.formUnion(message.extra.keys.filter { placement?.reads($0) != true })
    }
    if let response {
      unused.formUnion(
        response.extra.keys.filter { !response.callsTools || placement?.reads($0) != true })
    }
    unused.remove("content")
    return unused
  }

  /// A conversation without a system message that repeats the context.
  func withoutContext(
    _ messages: [ChatMessage], _ context: String?, at value: JSONNode
  ) throws(Problem) -> [ChatMessage] {
    guard let system = messages.firstIndex(where: { $0.role == "system" }) else { return messages }
    guard system == 0, let context,
      messages[0].content.map(TextFile.withLineFeeds)?.trimmed == context.trimmed
    else {
      throw .line(
        value.failure(
          expected: "no system message but the context, which takes its place",
          found: "another one; leave it out, or make it the context", at: "messages[\(system)]"))
    }
    return Array(messages.dropFirst())
  }
}

extension ChatMessage {
  /// Whether the message holds tool calls, which only the template can write.
  var callsTools: Bool {
    switch extra[Self.callsKey] {
    case .array(let calls)?: !calls.isEmpty
    default: false
    }
  }
}
