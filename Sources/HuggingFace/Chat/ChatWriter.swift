import JSON

/// A template with what it is told in every rendering.
struct ChatWriter: Sendable {
  let template: ChatTemplate
  let variables: TemplateVariables
  let place: ContextPlace
  /// The tools of one conversation; nil where it has none of its own.
  private(set) var tools: JSON?

  /// A writer of conversations without tools of their own.
  init(template: ChatTemplate, variables: TemplateVariables, place: ContextPlace) {
    self.template = template
    self.variables = variables
    self.place = place
  }

  /// This writer for a conversation with tools; those that every conversation has are no others.
  func with(tools: JSON?) -> ChatWriter {
    var writer = self
    writer.tools = tools == variables.values["tools"] ? nil : tools
    return writer
  }

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
    var values = variables.values
    if let tools { values["tools"] = tools }
    return try template.render(
      conversation, addingGenerationPrompt: addingGenerationPrompt, variables: values)
  }
}
