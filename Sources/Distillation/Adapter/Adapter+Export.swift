internal import Inference
import JSON
internal import Transformer

extension Adapter {
  /// The metadata key of the model's fingerprint, which is not a checksum of all its weights.
  static let modelFingerprintKey = "model_fingerprint"
  /// The key of the fingerprint in the first adapters.
  static let earlierFingerprintKey = "model_sha256"
  /// The metadata key of the SHA-256 of the token ids of header, context and closing.
  static let contextDigestKey = "context_sha256"

  /// The metadata keys of the revision of a hub's model, and of the GGUF file in it.
  static let revisionKey = "model_revision"
  static let modelFileKey = "model_file"
  /// The metadata key of what names the model's GGUF file.
  static let ggufKey = "gguf"

  /// The metadata key of how the training's texts became tokens.
  static let readingKey = "input_reading"

  /// The metadata key of the LoRA adapters that were added to the model's weights.
  static let loraKey = "lora"
  /// The keys of the SHA-256 of all weights of the model, and of all numbers of LoRA adapters.
  static let weightsKey = "model_weights_sha256"
  static let adaptersKey = "lora_weights_sha256"
  /// The key of the model's fingerprint without them.
  static let bareFingerprintKey = "bare_model_fingerprint"

  /// The metadata key of a teacher that was another model.
  static let teacherKey = "teacher"

  /// The metadata key of the tools for which the prompt stands too.
  static let toolsKey = "tools"

  /// The metadata key of the prompts that stood before this one in its training.
  static let neighborsKey = "beside"

  /// Writes `adapter_model.safetensors`, `soft_prompt.safetensors` or `cartridge.safetensors`,
  /// `adapter_config.json` and the files that tokenize prompts: `tokenizer.json`,
  /// `tokenizer_config.json` and `chat_template.jinja`. Each is written whole or not at all.
  ///
  /// - Throws: ``DistillationError/file(_:)`` when the system refuses;
  ///   ``DistillationError/outputMoved(path:)`` where the folder is no longer in its place;
  ///   ``DistillationError/content(file:expected:found:)`` where its files.json is damaged.
  package func writeTensors(to run: RunFolder) throws(DistillationError) {
    guard run.isWriting else { return }
    let metadata = try metadata()
    try peft.tensorFile.write(to: run)
    try TensorFile(
      name: promptFile, tensors: prompt.form.tensors.map { ($0.name, $0.shape, prompt[$0]) },
      metadata: metadata
    ).write(to: run)
    try run.write(try peft.configuration(), to: RunFolder.adapterConfiguration)
    for (name, bytes) in tokenizerFiles { try run.write(bytes, to: name) }
  }

  /// The files that tokenize prompts: `tokenizer.json`, `tokenizer_config.json` and
  /// `chat_template.jinja`.
  var tokenizerFiles: [(name: String, bytes: [UInt8])] {
    let template = origin.templateSource.map { (RunFolder.chatTemplate, Array($0.utf8)) }
    return (origin.tokenizer?.files ?? []) + [template].compactMap(\.self)
  }

  /// The source of a template that the model's tokenizer does not have.
  var foreignTemplate: String? { origin.template.name == "auto" ? nil : origin.templateSource }

  /// Writes `README.md`: the adapter's quality and how to load it.
  ///
  /// - Throws: as ``writeTensors(to:)``.
  package func writeReadme(
    to run: RunFolder, metrics: RunMetrics, options: TrainingOptions, changes: [OptionChange] = []
  ) throws(DistillationError) {
    let readme = RunReadme(
      adapter: self, metrics: metrics, options: options, changes: changes,
      hasEvents: run.hasEvents)
    try run.write(Array(try readme.text().utf8), to: RunFolder.readme)
  }

  /// The file of the prompt alone.
  var promptFile: String {
    switch prompt.form {
    case .embeddings: RunFolder.softPrompt
    case .keysValues: RunFolder.cartridge
    }
  }

  /// PEFT's form of the adapter, of the kind that holds the prompt's form.
  private var peft: PEFTAdapter {
    switch prompt.form {
    case .embeddings:
      PEFTAdapter(
        embeddings: virtualTokens, layerCount: origin.layerCount, heads: origin.queryHeads,
        model: origin.model, gguf: origin.fingerprints.gguf)
    case .keysValues:
      PEFTAdapter(
        keysValues: virtualTokens, as: .cartridge(frozenRows: frame.header.count),
        model: origin.model, gguf: origin.fingerprints.gguf)
    }
  }

  /// The metadata of the prompt's file.
  private func metadata() throws(DistillationError) -> [String: String] {
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
    metadata[Self.revisionKey] = origin.model.revision
    metadata[Self.modelFileKey] = origin.model.file
    if let gguf = origin.fingerprints.gguf {
      metadata[Self.ggufKey] = JSON.object(try RecordCoding.members(of: gguf)).text()
    }
    if let teacher = origin.fingerprints.teacher {
      metadata[Self.teacherKey] = JSON.object(try RecordCoding.members(of: teacher)).text()
    }
    if !origin.template.variables.isEmpty {
      metadata["template_variables"] = JSON.object(origin.template.variables.values).text()
    }
    if !origin.lora.isEmpty {
      metadata[Self.loraKey] = JSON.array(origin.lora.map { .string($0) }).text()
    }
    metadata[Self.weightsKey] = origin.fingerprints.weights
    metadata[Self.adaptersKey] = origin.fingerprints.adapters
    metadata[Self.bareFingerprintKey] = origin.fingerprints.bareModel
    if !origin.neighbors.isEmpty {
      metadata[Self.neighborsKey] = NeighborRecord.text(origin.neighbors)
    }
    if let tools = origin.tools { metadata[Self.toolsKey] = tools.text }
    if let clock = origin.template.wallClock { metadata["template_clock"] = clock }
    return metadata
  }

  private static func text(_ identifiers: [Int]) -> String {
    JSON.array(identifiers.map { .integer($0) }).text()
  }
}
