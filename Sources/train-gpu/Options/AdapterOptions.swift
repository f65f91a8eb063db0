import ArgumentParser
import Foundation

/// The adapters before a prompt.
struct AdapterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A run's output folder or the safetensors file of its prompt, or PEFT's folder of kind PROMPT_TUNING, "
        + "CARTRIDGE or PREFIX_TUNING. Several runs' stand together, each behind the option.",
      valueName: "dir|file"), completion: .file())
  var adapter: [String] = []

  /// Their folders.
  func folders() throws -> [URL] { try adapter.urls(option: "adapter") }
}
