import Foundation

/// A user's chat template, with its variables and clock.
package struct TemplateChoice: Sendable, Equatable {
  /// `auto` for the model's own chat template, or none where it has none; `raw` for none; the name
  /// of a built-in template; or the path of a file with a template.
  package var name: String

  /// Variables of the template besides the conversation.
  package var variables: TemplateVariables

  /// The time of its clock; nil for the present time. A template that writes the date gives another
  /// header every day, so a trained prompt keeps its time.
  package var clock: Date?

  /// A choice.
  package init(
    _ name: String = "auto", variables: TemplateVariables = TemplateVariables(), clock: Date? = nil
  ) {
    self.name = name
    self.variables = variables
    self.clock = clock
  }

  /// This choice with fixed values, for the same placement tomorrow and in another folder: the
  /// time, to the second, and the absolute path of a file.
  package func resolved() -> TemplateChoice {
    let isFile =
      !(["auto", "raw"] + ChatTemplate.builtInNames).contains(name)
      && FileManager.default.fileExists(atPath: name)
    let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
    return TemplateChoice(
      isFile ? URL(fileURLWithPath: name).standardizedFileURL.path : name, variables: variables,
      clock: clock ?? now)
  }

  /// This choice, where `auto` means a recorded one: its variables apply unless these override
  /// them. The recorded clock is kept, also where the template is chosen by its name.
  package func within(_ recorded: TemplateChoice?) -> TemplateChoice {
    guard let recorded else { return self }
    if name != "auto" {
      let isRecorded = resolved().name == recorded.name
      return TemplateChoice(name, variables: variables, clock: isRecorded ? recorded.clock : clock)
    }
    return TemplateChoice(
      recorded.name, variables: recorded.variables.merging(variables), clock: recorded.clock)
  }
}
