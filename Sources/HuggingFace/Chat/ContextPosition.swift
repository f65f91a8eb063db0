/// The position of the context in a chat template.
package enum ContextPosition: Sendable, Equatable {
  /// The context is the system message.
  case systemMessage

  /// The template has no system role: the context starts the first user's message, followed by an
  /// empty line. The templates of later models of such families (Gemma 3, Mistral) do the same, and
  /// the authors of the earlier ones recommend it.
  case firstUserMessage

  /// There is no context: the conversation is unchanged, with the template's own system message
  /// where it writes one.
  case nowhere

  /// A conversation with the context at this position; nil where no message can hold it.
  func conversation(_ context: String, _ messages: [ChatMessage]) -> [ChatMessage]? {
    switch self {
    case .nowhere: return messages
    case .systemMessage: return [ChatMessage(role: "system", content: context)] + messages
    case .firstUserMessage:
      guard let first = messages.first, first.role == "user" else { return nil }
      let content = context + "\n\n" + (first.content ?? "")
      return [ChatMessage(role: first.role, content: content, extra: first.extra)]
        + messages.dropFirst()
    }
  }
}
