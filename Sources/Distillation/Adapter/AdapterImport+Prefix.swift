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
  package func prefix(
    in conditioning: Conditioning, of configuration: DecoderConfiguration
  ) -> Prefix {
    guard case .softPrompt(_, let record) = self else { return Prefix(.prompt(prompt)) }
    // A context of token ids has no frame, and a raw model's header is the tokenizer's special
    // tokens.
    let isMoved =
      conditioning.isPlaced
      && (conditioning.template.name, conditioning.template.variables)
        != (record.template?.name ?? "", record.template?.variables ?? TemplateVariables())
    let frame = isMoved ? conditioning.frame : record.frame ?? conditioning.frame
    return Prefix(frame, .prompt(self.prompt(at: frame.header.count, of: configuration)))
  }

  /// The prompt with its first row at a position: keys are rotated there from the position of their
  /// training, behind the recorded header or at the start.
  ///
  /// - Parameters:
  ///   - row: the position.
  ///   - configuration: of the model.
  package func prompt(at row: Int, of configuration: DecoderConfiguration) -> LearnedPrompt {
    guard case .keysValues = prompt.form else { return prompt }
    let first =
      switch self {
      case .softPrompt(_, let record): record.frame?.header.count ?? row
      case .virtualTokens: 0
      }
    return prompt.moved(from: first, to: row, in: configuration)
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

  /// Whether the adapter records another model than that of a folder.
  package func isForeign(to folder: ModelFolder) throws(DistillationError) -> Bool {
    guard case .softPrompt(_, let record) = self, let recorded = record.modelFingerprint else {
      return false
    }
    return try opening { () throws(ModelFolderError) in try folder.fingerprint() } != recorded
  }
}
