import ArgumentParser
import Foundation

/// The tools beside a context.
struct ToolsOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Tools, a JSON list of functions as apply_chat_template takes them: the chat template writes them "
        + "beside the context, and the learned prompt stands for both. Without --context it stands for the tools alone.",
      valueName: "file.json"),
    completion: .file(extensions: ["json"]))
  var tools: String?

  /// The file; nil where there are no tools.
  func file() throws -> URL? { try tools.map { try URL(path: $0, option: "tools") } }
}
