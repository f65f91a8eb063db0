import ArgumentParser
import Foundation

/// What stands before a prompt or a conversation: adapters, or a context with its tools.
struct PrecedingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A run's output folder or the safetensors file of its prompt, or PEFT's folder of kind PROMPT_TUNING, "
        + "CARTRIDGE or PREFIX_TUNING. Several runs' stand together, each behind the option.",
      valueName: "dir|file"), completion: .file())
  var adapter: [String] = []

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

  /// The file of the context; nil where there is none.
  func contextFile() throws -> URL? { try context.urls(option: "context").first }

  /// The folders of the adapters.
  func adapters() throws -> [URL] { try adapter.urls(option: "adapter") }
}
