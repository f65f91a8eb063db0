import HuggingFace
import JSON
import Safetensors

/// The record of a soft prompt's training in `soft_prompt.safetensors`; nil where a field is
/// missing.
package struct AdapterRecord: Sendable, Equatable {
  /// The model's name for other tools.
  package var model: ModelName?
  /// The folders of the LoRA adapters that were added to the model's weights.
  package var lora: [String] = []
  /// Number of context tokens that the prompt replaces.
  package var contextTokens: Int?
  /// The template around the vectors.
  package var template: TemplateChoice?
  /// The frozen tokens around them.
  package var frame: Frame?
  /// The fingerprint of the model.
  package var modelFingerprint: String?
  /// The same without LoRA adapters in its weights; nil where there are none.
  package var bareFingerprint: String?
  /// The SHA-256 of all its weights, and of all numbers of the LoRA adapters; nil in adapters of
  /// older programs.
  package var weightsDigest: String?
  package var adaptersDigest: String?
  /// The SHA-256 of the token ids of header, context and closing.
  package var contextDigest: String?
  /// How the training's texts became tokens; nil means ``InputReading/apart``, as in older
  /// programs.
  package var reading: InputReading?
  /// The prompts that stood before it in its training.
  package var neighbors: [NeighborRecord] = []
  /// The tools for which the prompt stands beside the context; nil for none.
  package var tools: ToolRecord?
  /// The GGUF file of the model.
  package var gguf: GGUFIdentity?
  /// The teacher, where it was another model.
  package var teacher: TeacherRecord?

  /// A record.
  package init(
    model: ModelName? = nil, contextTokens: Int? = nil, template: TemplateChoice? = nil,
    frame: Frame? = nil, modelFingerprint: String? = nil, contextDigest: String? = nil,
    reading: InputReading? = nil
  ) {
    self.model = model
    self.contextTokens = contextTokens
    self.template = template
    self.frame = frame
    self.modelFingerprint = modelFingerprint
    self.contextDigest = contextDigest
    self.reading = reading
  }

  /// Reads the metadata of a file.
  ///
  /// - Throws: when a field has another form than ``Adapter/writeTensors(to:)`` writes.
  init(_ metadata: [String: String], file: String) throws(DistillationError) {
    model = metadata["model"].map {
      ModelName(
        $0, revision: metadata[Adapter.revisionKey], file: metadata[Adapter.modelFileKey])
    }
    contextTokens = metadata["context_tokens"].flatMap { Int($0) }
    modelFingerprint =
      metadata[Adapter.modelFingerprintKey] ?? metadata[Adapter.earlierFingerprintKey]
    weightsDigest = metadata[Adapter.weightsKey]
    adaptersDigest = metadata[Adapter.adaptersKey]
    bareFingerprint = metadata[Adapter.bareFingerprintKey]
    contextDigest = metadata[Adapter.contextDigestKey]
    if let text = metadata[Adapter.loraKey] {
      guard let folders = try? JSON(parsing: Array(text.utf8)).decode([String].self) else {
        throw .content(
          file: file, expected: "\(Adapter.loraKey) with a list of folders", found: text)
      }
      lora = folders
    }
    if let text = metadata[Adapter.neighborsKey] {
      neighbors = try NeighborRecord.list(text, file: file)
    }
    if let text = metadata[Adapter.toolsKey] { tools = try ToolRecord(text, file: file) }
    if let text = metadata[Adapter.ggufKey] {
      guard let json = try? JSON(parsing: Array(text.utf8)),
        let found = try? json.decode(GGUFIdentity.self)
      else {
        throw .content(
          file: file, expected: "\(Adapter.ggufKey) with the name and the SHA-256 of a GGUF file",
          found: text)
      }
      gguf = found
    }
    if let text = metadata[Adapter.teacherKey] {
      guard let json = try? JSON(parsing: Array(text.utf8)),
        let found = try? json.decode(TeacherRecord.self)
      else {
        throw .content(
          file: file,
          expected: "\(Adapter.teacherKey) with the name and the fingerprint of a model",
          found: text)
      }
      teacher = found
    }
    if let name = metadata[Adapter.readingKey] {
      guard let known = InputReading(rawValue: name) else {
        throw .content(
          file: file, expected: "\(Adapter.readingKey) that this version of Pith knows", found: name
        )
      }
      reading = known
    }
    if let name = metadata["template"] {
      var template = TemplateChoice(name)
      if let text = metadata["template_variables"] {
        guard case .object(let values)? = try? JSON(parsing: Array(text.utf8)),
          let variables = try? TemplateVariables(values)
        else {
          throw .content(
            file: file, expected: "template_variables with an object of names and values",
            found: text)
        }
        template.variables = variables
      }
      template.wallClock = metadata["template_clock"]
      self.template = template
    }
    if let header = metadata["header_ids"], let closing = metadata["closing_ids"] {
      frame = Frame(
        header: try Self.identifiers(header, "header_ids", file: file),
        closing: try Self.identifiers(closing, "closing_ids", file: file))
    }
  }

  private static func identifiers(
    _ text: String, _ name: String, file: String
  ) throws(DistillationError) -> [Int] {
    guard case .array(let values)? = try? JSON(parsing: Array(text.utf8)) else {
      throw .content(file: file, expected: "\(name) with a list of ids", found: text)
    }
    return try values.map { (value) throws(DistillationError) in
      guard case .integer(let identifier) = value else {
        throw .content(file: file, expected: "\(name) with a list of ids", found: text)
      }
      return identifier
    }
  }
}
