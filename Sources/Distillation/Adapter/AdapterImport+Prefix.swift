import HuggingFace
package import Inference
package import Transformer

extension AdapterImport {
  /// A conditioning with the frozen tokens of the soft prompt's training, unless the user chose
  /// another template. The closing of an older program may be shorter or longer: prompts then start
  /// after it, and the tokens of the whole are the same.
  ///
  /// - Parameters:
  ///   - conditioning: the conditioning of prompts.
  ///   - file: the adapter, for messages.
  /// - Throws: when its template, read again, writes other tokens around it: prompts would differ
  ///   from those of the training.
  package func framing(
    _ conditioning: Conditioning, file: String
  ) throws(DistillationError) -> Conditioning {
    guard case .softPrompt(_, let record) = self, conditioning.isChat, let trained = record.frame,
      (conditioning.template.name, conditioning.template.variables)
        == (record.template?.name ?? "", record.template?.variables ?? TemplateVariables())
    else { return conditioning }
    guard trained.header == conditioning.frame.header,
      let found = try conditioning.with(closing: trained.closing)
    else {
      throw .changedFrame(adapter: file)
    }
    return found
  }

  /// The prefix of every prompt, with this adapter in place of the context.
  ///
  /// - Parameters:
  ///   - conditioning: as ``framing(_:file:)`` returns it.
  ///   - configuration: of the model, which rotates keys that stand behind another header than in
  ///     training.
  ///   - file: the adapter, for messages.
  ///   - textLength: of the longest text without the prefix.
  /// - Throws: as ``prompt(at:of:file:isLong:)``.
  package func prefix(
    in conditioning: Conditioning, of configuration: DecoderConfiguration, file: String,
    textLength: Int = 0
  ) throws(DistillationError) -> Prefix {
    guard case .softPrompt = self else { return Prefix(.prompt(prompt)) }
    let frame = frame(in: conditioning)
    let rows = frame.header.count + prompt.form.tokenCount + frame.closing.count
    return Prefix(
      frame,
      .prompt(
        try self.prompt(
          at: frame.header.count, of: configuration, file: file,
          isLong: configuration.isLong(rows + textLength))))
  }

  /// The frozen tokens around the prompt: those of its training, or of the template that the user
  /// chose in their place.
  func frame(in conditioning: Conditioning) -> Frame {
    guard case .softPrompt(_, let record) = self else { return Frame() }
    // A context of token ids has no frame, and a raw model's header is the tokenizer's special
    // tokens.
    return isMoved(to: conditioning) ? conditioning.frame : record.frame ?? conditioning.frame
  }

  /// Whether the user chose another template than that of the training.
  func isMoved(to conditioning: Conditioning) -> Bool {
    guard case .softPrompt(_, let record) = self, conditioning.isPlaced else { return false }
    return (conditioning.template.name, conditioning.template.variables)
      != (record.template?.name ?? "", record.template?.variables ?? TemplateVariables())
  }

  /// The prompt with its first row at a position: keys are rotated there from the position of their
  /// training, behind the recorded header or at the start.
  ///
  /// - Parameters:
  ///   - row: the position.
  ///   - configuration: of the model.
  ///   - file: the adapter, for messages.
  ///   - isLong: whether the texts are long ones (LongRoPE).
  /// - Throws: where the model's learned positions cannot be taken out of keys at another position.
  package func prompt(
    at row: Int, of configuration: DecoderConfiguration, file: String, isLong: Bool = false
  ) throws(DistillationError) -> LearnedPrompt {
    guard prompt.form.isKeysValues else { return prompt }
    let first =
      switch self {
      case .softPrompt(_, let record): record.frame?.header.count ?? row
      case .virtualTokens: 0
      }
    guard first == row || configuration.canMoveKeys else {
      throw .content(
        file: file,
        expected: "keys and values for position \(row), because \(configuration.family)'s learned "
          + "positions cannot be taken out of them", found: "those of position \(first)")
    }
    return prompt.moved(from: first, to: row, in: configuration, isLong: isLong)
  }

  /// How the training's texts became tokens; PEFT's form does not record it.
  package var inputReading: InputReading {
    if case .softPrompt(_, let record) = self { record.reading ?? .apart } else { .present }
  }

  /// The frozen tokens around a soft prompt, as its file records them.
  var frame: Frame? {
    if case .softPrompt(_, let record) = self { record.frame } else { nil }
  }

  /// The template of the adapter's training; nil where it is not recorded.
  package var template: TemplateChoice? {
    if case .softPrompt(_, let record) = self { record.template } else { nil }
  }

  /// Whether the adapter records another context than these tokens.
  func isForeign(to context: [Int]) -> Bool {
    guard case .softPrompt(_, let record) = self, let recorded = record.contextDigest,
      let frame = record.frame
    else { return false }
    return recorded != RunFingerprints.digest(of: context, in: frame)
  }

  /// How the model that the adapter records is related to that of a folder.
  ///
  /// - Throws: ``DistillationError/folder(_:)`` where the config or the weights cannot be read to
  ///   be hashed.
  package func kinship(to folder: ModelFolder) throws(DistillationError) -> ModelKinship {
    switch self {
    case .virtualTokens(_, let gguf):
      guard let gguf else { return .same }
      return try opening { () throws(ModelFolderError) in try Self.kinship(gguf, to: folder) }
    case .softPrompt(_, let record):
      guard let recorded = record.modelFingerprint else { return .same }
      return try opening { () throws(ModelFolderError) in
        if try folder.fingerprint() == recorded {
          return try Self.kinship(record, toSameFingerprint: folder)
        }
        // With LoRA adapters the weights are others than the file's.
        guard folder.adapters.isEmpty, record.lora.isEmpty else {
          let bare = record.bareFingerprint ?? recorded
          return try folder.withoutAdapters.fingerprint() == bare
            ? .otherLoRA(trained: record.lora, found: folder.adapters.map(\.url.path)) : .other
        }
        guard let trained = record.gguf else { return .other }
        return try Self.kinship(trained, to: folder)
      }
    }
  }

  /// How the model of a record is related to one whose tensors begin in the same way.
  private static func kinship(
    _ record: AdapterRecord, toSameFingerprint folder: ModelFolder
  ) throws(ModelFolderError) -> ModelKinship {
    if let weights = record.weightsDigest, try folder.weightsDigest() != weights { return .other }
    if let adapters = record.adaptersDigest, folder.adaptersDigest() != adapters {
      return .otherLoRA(trained: record.lora, found: folder.adapters.map(\.url.path))
    }
    return .same
  }

  /// How a GGUF file is related to the model of a folder. Its tensors are hashed only where it
  /// comes to them.
  private static func kinship(
    _ trained: GGUFIdentity, to folder: ModelFolder
  ) throws(ModelFolderError) -> ModelKinship {
    guard try folder.ggufModelDigest() == trained.modelDigest,
      let found = try folder.ggufIdentity()
    else { return .other }
    return found.tensorsDigest == trained.tensorsDigest
      ? .same : .otherQuantisation(trained: trained, found: found)
  }
}
