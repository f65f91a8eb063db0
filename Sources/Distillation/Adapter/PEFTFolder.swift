import Files
import Foundation
import HuggingFace
internal import Inference
import JSON
internal import Transformer

/// A folder that PEFT wrote: `adapter_config.json` with `adapter_model.safetensors`, of a kind that
/// is one tensor `prompt_embeddings`.
struct PEFTFolder {
  private let url: URL
  private let config: JSONNode

  /// Reads the configuration of the folder.
  init(_ url: URL) throws(DistillationError) {
    self.url = url
    config = try reading { () throws(JSONReadingError) in
      try JSONNode(contentsOf: url.appending(path: RunFolder.adapterConfiguration))
    }
  }

  /// The rows before every token of the input.
  ///
  /// - Throws: where the adapter is of another kind, or of a model of another shape.
  func virtualTokens(for configuration: DecoderConfiguration) throws(DistillationError)
    -> LearnedPrompt
  {
    let (kind, count): (String, Int) = try reading { () throws(JSONReadingError) in
      (try config.required("peft_type"), try config.required("num_virtual_tokens"))
    }
    let prompt: LearnedPrompt
    switch kind {
    case "PROMPT_TUNING":
      prompt = try file.embeddings(PEFTAdapter.tensorName, configuration)
    case "CARTRIDGE", "PREFIX_TUNING":
      try checkShape(configuration)
      prompt = try file.keyValueRows(configuration)
    default:
      throw .json(
        config.failure(
          expected: "PROMPT_TUNING, CARTRIDGE or PREFIX_TUNING", found: kind, at: "peft_type"))
    }
    let rows = prompt.form.tokenCount
    guard rows == count else {
      throw .json(
        config.failure(
          expected: "\(rows), the rows of \(RunFolder.adapterModel)", found: "\(count)",
          at: "num_virtual_tokens"))
    }
    let frozen = try frozenRows
    guard (0...rows).contains(frozen) else {
      throw .json(
        config.failure(
          expected: "0 to \(rows), of the virtual tokens", found: "\(frozen)",
          at: "num_frozen_tokens"))
    }
    return prompt
  }

  /// The rows that PEFT keeps as they are in training, at the beginning of a CARTRIDGE; 0 of other
  /// adapters, and of a file without its folder.
  static func frozenRows(_ url: URL) throws(DistillationError) -> Int {
    guard FileManager.default.isFolder(url) else { return 0 }
    return try PEFTFolder(url).frozenRows
  }

  private var frozenRows: Int {
    get throws(DistillationError) {
      try reading { () throws(JSONReadingError) in
        try config.optional("num_frozen_tokens") ?? 0
      }
    }
  }

  /// The path or the name of the model for which it was made; nil where it is not recorded.
  var baseModel: String? {
    get throws(DistillationError) {
      try reading { () throws(JSONReadingError) in
        try config.optional("base_model_name_or_path")
      }
    }
  }

  /// The GGUF file of the model, as Pith records it; nil where there is none.
  var gguf: GGUFIdentity? {
    get throws(DistillationError) {
      let found: JSONNode? = try reading { () throws(JSONReadingError) in
        let mapping: JSONNode? = try config.optional(PEFTAdapter.mappingKey)
        return try mapping?.optional(PEFTAdapter.ggufKey)
      }
      guard let found else { return nil }
      guard let identity = try? found.json.decode(GGUFIdentity.self) else {
        throw .json(
          config.failure(
            expected: "\(PEFTAdapter.ggufKey) with the name and the SHA-256 of a GGUF file",
            found: "another", at: PEFTAdapter.mappingKey))
      }
      return identity
    }
  }

  private var file: PromptFile {
    get throws(DistillationError) { try PromptFile(url.appending(path: RunFolder.adapterModel)) }
  }

  /// Checks that the keys and values are the prefix itself, of a model of this shape.
  private func checkShape(_ configuration: DecoderConfiguration) throws(DistillationError) {
    let isProjected: Bool? = try reading { () throws(JSONReadingError) in
      try config.optional("prefix_projection")
    }
    if isProjected == true {
      throw .json(
        config.failure(
          expected: "false, keys and values that are trained themselves", found: "true",
          at: "prefix_projection"))
    }
    let heads = configuration.heads
    let expected = [
      ("num_layers", configuration.layerCount, "the model's layers"),
      ("num_attention_heads", heads.keyValueHeads, "the model's key/value heads"),
      ("token_dim", heads.keyValueWidth, "the width of the model's keys"),
    ]
    for (key, value, meaning) in expected {
      let found: Int = try reading { () throws(JSONReadingError) in try config.required(key) }
      guard found == value else {
        throw .json(
          config.failure(expected: "\(value), \(meaning)", found: "\(found)", at: key))
      }
    }
  }
}
