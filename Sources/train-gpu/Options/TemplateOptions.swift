import ArgumentParser
import HuggingFace

/// The template variables of the commands that place a context.
struct TemplateVariableOptions: ParsableArguments {
  @Option(
    name: .customLong("template-variable"),
    help: ArgumentHelp(
      "A variable of the chat template besides the conversation, for example enable_thinking=false: a "
        + "value of JSON, or a text. May be given more than once.", valueName: "name=value"),
    transform: Self.variable)
  var given: [TemplateVariables] = []

  /// All of them; the later one of two with the same name is used.
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

/// The option of a chat template.
enum TemplateOption {
  /// The names that commands with a prompt take, and files.
  static let completion = CompletionKind.namesOrPaths(["auto", "raw"] + ChatTemplate.builtInNames)
  /// Those of a conversation, which needs a template.
  static let chatCompletion = CompletionKind.namesOrPaths(["auto"] + ChatTemplate.builtInNames)
}
