import JSON

/// A template with the variables of every rendering.
struct ChatWriter: Sendable {
  let template: ChatTemplate
  let variables: TemplateVariables
  let position: ContextPosition
  /// The tools of one conversation; nil where it has none of its own.
  private(set) var tools: JSON?

  /// A writer of conversations without their own tools.
  init(template: ChatTemplate, variables: TemplateVariables, position: ContextPosition) {
    self.template = template
    self.variables = variables
    self.position = position
  }

  /// This writer for a conversation with tools; tools that every conversation has do not count as
  /// its own.
  func with(tools: JSON?) -> ChatWriter {
    var writer = self
    writer.tools = tools == variables.values["tools"] ? nil : tools
    return writer
  }

  /// The text of a conversation, with a context at its position.
  func text(
    _ context: String?, _ messages: [ChatMessage], addingGenerationPrompt: Bool
  ) throws(ChatTemplateError) -> String {
    var conversation = messages
    if let context {
      guard let placed = position.conversation(context, messages) else {
        throw ChatTemplateError(
          location: template.location, line: nil, reason: "expected a user's message first")
      }
      conversation = placed
    }
    var values = variables.values
    if let tools { values["tools"] = tools }
    return try template.render(
      conversation, addingGenerationPrompt: addingGenerationPrompt, variables: values)
  }
}
