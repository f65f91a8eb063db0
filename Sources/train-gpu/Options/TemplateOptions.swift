import ArgumentParser
import HuggingFace

/// What the commands that place a context tell its chat template.
struct TemplateVariableOptions: ParsableArguments {
  @Option(
    name: .customLong("template-variable"),
    help: ArgumentHelp(
      "What the chat template is told beside the conversation, for example enable_thinking=false: a "
        + "value of JSON, or a text. May be given more than once.", valueName: "name=value"),
    transform: Self.variable)
  var given: [TemplateVariables] = []

  /// All of them; the later one of two with the same name holds.
  var variables: TemplateVariables {
    given.reduce(TemplateVariables()) { $0.merging($1) }
  }

  private static func variable(_ text: String) throws -> TemplateVariables {
    do {
      return try TemplateVariables(argument: text)
    } catch {
      throw UsageError(description: error.description)
    }
  }
}
