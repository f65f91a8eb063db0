import Files
import Foundation
import HuggingFace
package import Inference
import JSON

/// An adapter in PEFT's two files, as PEFT 0.21.2 writes them: `adapter_config.json`, and
/// `adapter_model.safetensors` with one tensor, `prompt_embeddings`, of a row for each virtual
/// token.
package struct PEFTAdapter: Sendable, Equatable {
  /// What a row of the tensor holds.
  package enum Kind: Sendable, Equatable {
    /// PROMPT_TUNING: a row of `inputs_embeds`, [E].
    case promptTuning
    /// CARTRIDGE: keys and values of every layer, [2 L G D]. The first `frozenRows` rows stay as
    /// they are when PEFT trains it further.
    case cartridge(frozenRows: Int)
    /// PREFIX_TUNING without a projection: the same keys and values.
    case prefixTuning

    /// PEFT's `peft_type`.
    package var name: String {
      switch self {
      case .promptTuning: "PROMPT_TUNING"
      case .cartridge: "CARTRIDGE"
      case .prefixTuning: "PREFIX_TUNING"
      }
    }
  }

  /// The kind of its rows.
  package let kind: Kind
  /// The model's name.
  package let model: ModelName
  /// The model's GGUF file; nil for other models.
  package let gguf: GGUFIdentity?
  /// L.
  package let layerCount: Int
  /// `num_attention_heads`: H of embeddings, G of keys and values.
  package let heads: Int
  /// `token_dim`: E of embeddings, G D of keys and values.
  package let tokenWidth: Int
  /// n: virtual tokens.
  package let count: Int
  /// [n, E] or [n, 2 L G D].
  package let rows: [Float]

  /// Keys and values, as a kind that holds them.
  package init(
    keysValues prompt: LearnedPrompt, as kind: Kind, model: ModelName, gguf: GGUFIdentity? = nil
  ) {
    guard case .keysValues(let layers, let count, let heads, let dimension) = prompt.form else {
      preconditionFailure("a prompt of keys and values")
    }
    self.kind = kind
    self.model = model
    self.gguf = gguf
    layerCount = layers
    self.heads = heads
    tokenWidth = heads * dimension
    self.count = count
    rows = prompt.keyValueRows
  }

  /// Embeddings for a model of `layerCount` layers and `heads` query heads.
  package init(
    embeddings prompt: LearnedPrompt, layerCount: Int, heads: Int, model: ModelName,
    gguf: GGUFIdentity? = nil
  ) {
    guard case .embeddings(let count, let width) = prompt.form else {
      preconditionFailure("a prompt of embeddings")
    }
    kind = .promptTuning
    self.model = model
    self.gguf = gguf
    self.layerCount = layerCount
    self.heads = heads
    tokenWidth = width
    self.count = count
    rows = prompt.values
  }

  /// The name of the tensor.
  package static let tensorName = "prompt_embeddings"

  /// The keys of a GGUF file.
  static let (mappingKey, ggufKey) = ("auto_mapping", "gguf")

  /// `adapter_config.json`. A GGUF file stands in `auto_mapping`, which is there to find the base
  /// model and which PEFT does not read of an adapter with a task: it warns of keys of other names.
  ///
  /// - Throws: ``DistillationError/content(file:expected:found:)`` where the identity of the GGUF
  ///   file cannot be written as JSON.
  package func configuration() throws(DistillationError) -> [UInt8] {
    let gguf = try gguf.map { (identity) throws(DistillationError) in
      JSON.object([Self.ggufKey: .object(try RecordCoding.members(of: identity))])
    }
    var members: JSONObject = [
      Self.mappingKey: gguf ?? .null,
      "base_model_name_or_path": .string(model.identifier),
      "inference_mode": .bool(true),
      "num_attention_heads": .integer(heads),
      "num_layers": .integer(layerCount),
      "num_transformer_submodules": .integer(1),
      "num_virtual_tokens": .integer(count),
      "peft_type": .string(kind.name),
      // The base model's revision.
      "revision": model.revision.map { .string($0) } ?? .null,
      "task_type": .string("CAUSAL_LM"),
      "token_dim": .integer(tokenWidth),
    ]
    switch kind {
    case .promptTuning:
      members["prompt_tuning_init"] = .string("RANDOM")
      members["prompt_tuning_init_text"] = .null
      members["tokenizer_name_or_path"] = .null
    case .cartridge(let frozenRows):
      members["modules_to_save"] = .null
      members["num_frozen_tokens"] = .integer(frozenRows)
      members["peft_version"] = .string(Self.version)
    case .prefixTuning:
      members["modules_to_save"] = .null
      members["encoder_hidden_size"] = .null
      members["prefix_projection"] = .bool(false)
      members["peft_version"] = .string(Self.version)
    }
    let layout = JSON.Layout(indentation: 2, sortsKeys: true)
    return Array((JSON.object(members).text(layout) + "\n").utf8)
  }

  /// The version of PEFT whose files these are.
  private static let version = "0.21.2"

  /// The tensor of `adapter_model.safetensors`, and its metadata.
  var tensorFile: TensorFile {
    TensorFile(
      name: RunFolder.adapterModel,
      tensors: [(Self.tensorName, [count, rows.count / count], rows)], metadata: ["format": "pt"])
  }

  /// Writes both files.
  ///
  /// - Throws: ``DistillationError/file(_:)`` when the system refuses to write one of them.
  package func write(to folder: URL) throws(DistillationError) {
    try tensorFile.write(to: folder)
    let configuration = try configuration()
    try writing { () throws(FileError) in
      try AtomicFile.replaceContents(
        of: folder.appending(path: RunFolder.adapterConfiguration), with: configuration)
    }
  }
}
