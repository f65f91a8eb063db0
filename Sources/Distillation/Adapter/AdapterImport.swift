import Files
import Foundation
import HuggingFace
package import Inference
package import Transformer

/// An adapter that was read from its files.
package enum AdapterImport: Sendable, Equatable {
  /// A learned prompt alone, for its position in the template, and the record of its training.
  case softPrompt(LearnedPrompt, AdapterRecord)
  /// PEFT's virtual tokens, which precede every token of the input: embeddings, or keys and values;
  /// and the GGUF file of the model, where it is recorded.
  case virtualTokens(LearnedPrompt, gguf: GGUFIdentity? = nil)

  /// The prompt of either kind.
  package var prompt: LearnedPrompt {
    switch self {
    case .softPrompt(let prompt, _), .virtualTokens(let prompt, _): prompt
    }
  }

  /// Reads the adapter in a folder: `soft_prompt.safetensors` or `cartridge.safetensors` where it
  /// exists, else PEFT's `adapter_model.safetensors`. The path of a safetensors file means that
  /// file.
  ///
  /// - Parameters:
  ///   - url: the folder of the adapter, or a safetensors file.
  ///   - configuration: of the model.
  /// - Throws: when there is no adapter, it is of a model of another shape or of another kind, or
  ///   it holds NaN.
  package init(
    at url: URL, for configuration: DecoderConfiguration
  ) throws(DistillationError) {
    let manager = FileManager.default
    if url.pathExtension == "safetensors", !manager.isFolder(url) {
      self = try PromptFile(url).adapter(for: configuration)
      return
    }
    guard manager.isFolder(url) else {
      throw .content(
        file: url.path, expected: "the folder of an adapter", found: Self.insteadOfFolder(url))
    }
    if let own = Self.ownFile(in: url) {
      self = try PromptFile(own).adapter(for: configuration)
    } else {
      guard manager.fileExists(atPath: url.appending(path: RunFolder.adapterConfiguration).path)
      else { throw Self.noAdapter(in: url) }
      let folder = try PEFTFolder(url)
      self = .virtualTokens(
        try folder.virtualTokens(for: configuration), gguf: try folder.gguf)
    }
  }

  /// The error of a folder that holds no adapter which can be read, such as an export for another
  /// program.
  private static func noAdapter(in url: URL) -> DistillationError {
    let manager = FileManager.default
    let program = ExportFormat.allCases.first { format in
      format.ownFiles.contains { manager.fileExists(atPath: url.appending(path: $0).path) }
    }
    return .content(
      file: url.path,
      expected: "the output folder of a run, or a folder of PEFT with "
        + "\(RunFolder.adapterConfiguration), as the formats peft, peft-cartridge and peft-prefix are",
      found: program.map { "an export in the format \($0.rawValue), which is not read back" }
        ?? "a folder without them")
  }
}

extension AdapterImport {
  /// The file of a run's prompt alone; nil where the folder has none.
  static func ownFile(in folder: URL) -> URL? {
    [RunFolder.softPrompt, RunFolder.cartridge].map { folder.appending(path: $0) }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }

  /// The SHA-256 of the file that holds an adapter's prompt.
  ///
  /// - Parameter url: the folder of the adapter, or the file itself.
  /// - Throws: where it cannot be read.
  static func digest(of url: URL) throws(DistillationError) -> String {
    let file =
      FileManager.default.isFolder(url)
      ? ownFile(in: url) ?? url.appending(path: RunFolder.adapterModel) : url
    guard SpecialFile(at: file.path) == nil,
      let data = try? Data(contentsOf: file, options: .mappedIfSafe)
    else {
      throw .content(file: file.path, expected: "a file", found: "none that can be read")
    }
    return SHA256.hexadecimal(of: data)
  }

  /// What a path names that is no folder.
  private static func insteadOfFolder(_ url: URL) -> String {
    if let special = SpecialFile(at: url.path) { return special.description }
    return FileManager.default.fileExists(atPath: url.path)
      ? "a file; name its folder" : "nothing of the kind"
  }

  /// What a path names that is no folder of a run.
  static func insteadOfRun(_ url: URL) -> String {
    FileManager.default.isFolder(url) ? "a folder without it" : insteadOfFolder(url)
  }
}
