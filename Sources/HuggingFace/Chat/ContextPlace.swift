/// Where a chat template takes the context.
package enum ContextPlace: Sendable, Equatable {
  /// The context is the system message.
  case systemMessage

  /// The template has no system role: the context begins the first user's message, with an empty
  /// line behind it. So do the templates of later models of such families (Gemma 3, Mistral), and
  /// so the makers of the earlier ones advise.
  case firstUserMessage

  /// There is none: the conversation is as it is, with the template's own system message where it
  /// writes one.
  case nowhere

  /// A conversation with the context in this place; nil where no message can take it.
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
