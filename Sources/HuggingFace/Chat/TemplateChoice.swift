/// Which chat template a user asks for, and what it is told.
package struct TemplateChoice: Sendable, Equatable {
  /// `auto` for the model's own chat template, or none where it has none; `raw` for none; the name
  /// of a built-in template; or the path of a file with a template.
  package var name: String

  /// What the template is told beside the conversation.
  package var variables: TemplateVariables

  /// A choice.
  package init(_ name: String = "auto", variables: TemplateVariables = TemplateVariables()) {
    self.name = name
    self.variables = variables
  }

  /// This choice, where `auto` stands for a recorded one: its variables hold as far as these do not
  /// say otherwise.
  package func within(_ recorded: TemplateChoice?) -> TemplateChoice {
    guard name == "auto", let recorded else { return self }
    return TemplateChoice(recorded.name, variables: recorded.variables.merging(variables))
  }
}
