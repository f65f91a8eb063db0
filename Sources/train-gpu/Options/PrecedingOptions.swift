import ArgumentParser
import Distillation

/// What stands before a prompt or a conversation: adapters, or a context with its tools.
struct PrecedingOptions: ParsableArguments {
  @OptionGroup var adapters: AdapterOptions

  @Option(
    help: ArgumentHelp(
      "A context: a text file; where nothing needs a chat template also .json with {\"ids\": [...]}.",
      valueName: "file"),
    completion: .file())
  var context: [String] = []

  @OptionGroup var tools: ToolsOption

  func validate() throws {
    if context.count > 1 {
      throw ValidationError("--context: expected one file, found \(context.count)")
    }
  }

  /// Their files.
  func files() throws -> PrecedingFiles {
    PrecedingFiles(
      adapters: try adapters.folders(), context: try context.urls(option: "context").first,
      tools: try tools.file())
  }
}
