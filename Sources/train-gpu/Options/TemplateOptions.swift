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

  /// Their names.
  var names: Set<String> { Set(given.flatMap { $0.values.keys }) }

  func validate() throws {
    for (index, variable) in given.enumerated() {
      let same = given[..<index].first { $0.values.keys.elementsEqual(variable.values.keys) }
      guard let same else { continue }
      let found = (same.arguments + variable.arguments).joined(separator: " and ")
      throw ValidationError("--template-variable: expected each name once, found \(found)")
    }
  }

  /// All of them.
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
