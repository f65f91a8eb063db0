import Foundation

/// Which chat template a user asks for, and what it is told.
package struct TemplateChoice: Sendable, Equatable {
  /// `auto` for the model's own chat template, or none where it has none; `raw` for none; the name
  /// of a built-in template; or the path of a file with a template.
  package var name: String

  /// What the template is told beside the conversation.
  package var variables: TemplateVariables

  /// The moment that its clock tells; nil for the present one. Templates that write the date put a soft prompt behind another
  /// header every day, so what was trained keeps its moment.
  package var clock: Date?

  /// A choice.
  package init(
    _ name: String = "auto", variables: TemplateVariables = TemplateVariables(), clock: Date? = nil
  ) {
    self.name = name
    self.variables = variables
    self.clock = clock
  }

  /// This choice, so that it gives the same placement tomorrow and in another folder: with the moment, to the second, and the
  /// whole path of a file.
  package func settled() -> TemplateChoice {
    let isFile =
      !(["auto", "raw"] + ChatTemplate.builtInNames).contains(name)
      && FileManager.default.fileExists(atPath: name)
    let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
    return TemplateChoice(
      isFile ? URL(fileURLWithPath: name).standardizedFileURL.path : name, variables: variables,
      clock: clock ?? now)
  }

  /// This choice, where `auto` stands for a recorded one: its variables hold as far as these do not say otherwise. The clock of a
  /// recorded one stays, also where it is asked for by its name.
  package func within(_ recorded: TemplateChoice?) -> TemplateChoice {
    guard let recorded else { return self }
    if name != "auto" {
      let isRecorded = settled().name == recorded.name
      return TemplateChoice(name, variables: variables, clock: isRecorded ? recorded.clock : clock)
    }
    return TemplateChoice(
      recorded.name, variables: recorded.variables.merging(variables), clock: recorded.clock)
  }
}
