import Files
import Foundation
import HuggingFace
package import Inference
import JSON
import Safetensors

/// An adapter that was read from its files.
package enum AdapterImport: Sendable, Equatable {
  /// A soft prompt alone, for its position in the template, and the record of its training.
  case softPrompt(LearnedPrompt, AdapterRecord)
  /// PEFT's virtual tokens, which precede every token of the input.
  case virtualTokens(LearnedPrompt)

  /// The vectors of either kind.
  package var embeddings: LearnedPrompt {
    switch self {
    case .softPrompt(let prompt, _), .virtualTokens(let prompt): prompt
    }
  }

  /// Reads the adapter in a folder: `soft_prompt.safetensors` where it exists, else PEFT's
  /// `adapter_model.safetensors`. The path of a safetensors file means that file.
  ///
  /// - Parameters:
  ///   - url: the folder of the adapter, or a safetensors file.
  ///   - width: E of the model.
  /// - Throws: when there is no adapter, it has another width or kind, or it holds NaN.
  package init(at url: URL, width: Int) throws(DistillationError) {
    let manager = FileManager.default
    if url.pathExtension == "safetensors", !manager.isFolder(url) {
      self = try Self.read(url, width: width)
      return
    }
    guard manager.isFolder(url) else {
      throw .content(
        file: url.path, expected: "the folder of an adapter", found: Self.insteadOfFolder(url))
    }
    let softPrompt = url.appending(path: RunFolder.softPrompt)
    if manager.fileExists(atPath: softPrompt.path) {
      self = try Self.read(softPrompt, width: width)
    } else {
      self = try Self.exported(in: url, width: width)
    }
  }

  /// Reads PEFT's form of the adapter in a folder: `adapter_config.json` with
  /// `adapter_model.safetensors`.
  package static func exported(
    in folder: URL, width: Int
  ) throws(DistillationError) -> AdapterImport {
    let config = try reading { () throws(JSONReadingError) in
      try JSONNode(contentsOf: folder.appending(path: RunFolder.adapterConfiguration))
    }
    let (kind, count): (String, Int) = try reading { () throws(JSONReadingError) in
      (try config.required("peft_type"), try config.required("num_virtual_tokens"))
    }
    guard kind == "PROMPT_TUNING" else {
      throw .json(config.failure(expected: "PROMPT_TUNING", found: kind, at: "peft_type"))
    }
    let adapter = try read(folder.appending(path: RunFolder.adapterModel), width: width)
    guard adapter.embeddings.form.tokenCount == count else {
      throw .json(
        config.failure(
          expected: "\(adapter.embeddings.form.tokenCount), the rows of \(RunFolder.adapterModel)",
          found: "\(count)", at: "num_virtual_tokens"))
    }
    return adapter
  }

  private static func read(_ url: URL, width: Int) throws(DistillationError) -> AdapterImport {
    let file = try tensors { () throws(SafetensorsError) in try SafetensorsFile(contentsOf: url) }
    let names = [PromptForm.embeddingsName, Adapter.virtualTokensName]
    guard let name = names.first(where: { file.tensors[$0] != nil }),
      let tensor = file.tensors[name]
    else {
      throw .content(
        file: url.path, expected: "a tensor \(names.joined(separator: " or "))",
        found: file.tensors.keys.sorted().joined(separator: ", "))
    }
    guard tensor.shape.count == 2, tensor.shape[0] > 0, tensor.shape[1] == width else {
      throw .content(
        file: url.path, expected: "\(name) of shape [tokens, \(width)], as wide as the model",
        found: "\(tensor.shape)")
    }
    let values = try tensors { () throws(SafetensorsError) in
      try file.checkFinite(name)
      return try file.floats(of: name)
    }
    let prompt = LearnedPrompt(embeddings: values, width: width)
    guard name == PromptForm.embeddingsName else { return .virtualTokens(prompt) }
    return .softPrompt(prompt, try AdapterRecord(file.metadata, file: url.path))
  }
}

extension AdapterImport {
  /// What a path names that is no folder.
  private static func insteadOfFolder(_ url: URL) -> String {
    if let special = SpecialFile(at: url.path) { return special.description }
    return FileManager.default.fileExists(atPath: url.path)
      ? "a file; name its folder" : "nothing of the kind"
  }
}
