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

  /// Checks that adapters and a context are not given together, for commands with one answer.
  func checkOneKind() throws {
    guard !adapters.adapter.isEmpty else { return }
    if !context.isEmpty { throw ValidationError("give one of --adapter and --context") }
    if tools.tools != nil {
      throw ValidationError(
        "give one of --adapter and --tools: the prompt stands for the tools of its training")
    }
  }

  /// Their files.
  func files() throws -> PrecedingFiles {
    PrecedingFiles(
      adapters: try adapters.folders(), context: try context.urls(option: "context").first,
      tools: try tools.file())
  }
}
