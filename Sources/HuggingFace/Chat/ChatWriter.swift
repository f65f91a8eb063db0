/// A template with what it is told in every rendering.
struct ChatWriter: Sendable {
  let template: ChatTemplate
  let variables: TemplateVariables
  let place: ContextPlace

  /// The text of a conversation, with a context in its place.
  func text(
    _ context: String?, _ messages: [ChatMessage], addingGenerationPrompt: Bool
  ) throws(ChatTemplateError) -> String {
    var conversation = messages
    if let context {
      guard let placed = place.conversation(context, messages) else {
        throw ChatTemplateError(
          place: template.place, line: nil, reason: "expected a user's message first")
      }
      conversation = placed
    }
    return try template.render(
      conversation, addingGenerationPrompt: addingGenerationPrompt, variables: variables.values)
  }
}
