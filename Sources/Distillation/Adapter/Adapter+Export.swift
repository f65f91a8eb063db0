internal import Inference
import JSON
import Safetensors
internal import Transformer

extension Adapter {
  /// The tensor's name in PEFT's file.
  static let virtualTokensName = "prompt_embeddings"
  /// The metadata key of the model's fingerprint, which is not a checksum of all its weights.
  static let modelFingerprintKey = "model_fingerprint"
  /// The key of the fingerprint in the first adapters.
  static let earlierFingerprintKey = "model_sha256"
  /// The metadata key of the SHA-256 of the token ids of header, context and closing.
  static let contextDigestKey = "context_sha256"

  /// The metadata key of how the training's texts became tokens.
  static let readingKey = "input_reading"

  /// Writes `adapter_model.safetensors`, `soft_prompt.safetensors`, `adapter_config.json` and the
  /// files that tokenize prompts: `tokenizer.json`, `tokenizer_config.json` and
  /// `chat_template.jinja`. Each is written whole or not at all.
  package func writeTensors(to run: RunFolder) throws(DistillationError) {
    let virtualTokens = virtualTokens
    try writingTensors { () throws(SafetensorsError) in
      try SafetensorsWriter.write(
        virtualTokens.form.tensors.map { tensor in
          (Self.virtualTokensName, tensor.shape, virtualTokens[tensor])
        },
        metadata: ["format": "pt"], to: run.url.appending(path: RunFolder.adapterModel))
      try SafetensorsWriter.write(
        prompt.form.tensors.map { ($0.name, $0.shape, prompt[$0]) },
        metadata: metadata, to: run.url.appending(path: RunFolder.softPrompt))
    }
    let layout = JSON.Layout(indentation: 2, sortsKeys: true)
    try run.write(
      Array((configuration.text(layout) + "\n").utf8), to: RunFolder.adapterConfiguration)
    try origin.tokenizer?.write(to: run)
    if let source = origin.templateSource {
      try run.write(Array(source.utf8), to: RunFolder.chatTemplate)
    }
  }

  /// The source of a template that the model's tokenizer does not have.
  var foreignTemplate: String? { origin.template.name == "auto" ? nil : origin.templateSource }

  /// Writes `README.md`: the adapter's quality and how to load it.
  package func writeReadme(
    to run: RunFolder, metrics: RunMetrics, options: TrainingOptions, changes: [OptionChange] = []
  ) throws(DistillationError) {
    let readme = RunReadme(adapter: self, metrics: metrics, options: options, changes: changes)
    try run.write(Array(try readme.text().utf8), to: RunFolder.readme)
  }

  /// `adapter_config.json` as PEFT's `PromptTuningConfig` writes it.
  private var configuration: JSON {
    .object([
      "auto_mapping": .null,
      "base_model_name_or_path": .string(origin.model.identifier),
      "inference_mode": .bool(true),
      "num_attention_heads": .integer(origin.queryHeads),
      "num_layers": .integer(origin.layerCount),
      "num_transformer_submodules": .integer(1),
      "num_virtual_tokens": .integer(virtualTokens.form.tokenCount),
      "peft_type": .string("PROMPT_TUNING"),
      "prompt_tuning_init": .string("RANDOM"),
      "prompt_tuning_init_text": .null,
      // The base model's revision.
      "revision": origin.model.revision.map { .string($0) } ?? .null,
      "task_type": .string("CAUSAL_LM"),
      "token_dim": .integer(virtualTokens.form.tensors[0].shape[1]),
      "tokenizer_name_or_path": .null,
    ])
  }

  /// The metadata of `soft_prompt.safetensors`.
  private var metadata: [String: String] {
    var metadata = [
      "format": "pt", "model": origin.model.identifier, "template": origin.template.name,
      "header_ids": Self.text(frame.header),
      "closing_ids": Self.text(frame.closing),
      "context_tokens": "\(origin.contextTokens)",
      "embedding_space": EmbeddingSpace.name,
      "embedding_scale": "\(origin.embeddingSpace.embeddingScale)",
      "input_multiplier": "\(origin.embeddingSpace.inputMultiplier)",
      Self.modelFingerprintKey: origin.fingerprints.model,
      Self.contextDigestKey: origin.fingerprints.context,
      "inputs_sha256": origin.fingerprints.inputs,
      "validation_sha256": origin.fingerprints.validation,
      Self.readingKey: origin.reading.rawValue,
    ]
    metadata["model_revision"] = origin.model.revision
    if !origin.template.variables.isEmpty {
      metadata["template_variables"] = JSON.object(origin.template.variables.values).text()
    }
    if let clock = origin.template.wallClock { metadata["template_clock"] = clock }
    return metadata
  }

  private static func text(_ identifiers: [Int]) -> String {
    JSON.array(identifiers.map { .integer($0) }).text()
  }
}
