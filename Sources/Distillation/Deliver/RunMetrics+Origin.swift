import Foundation
import HuggingFace

extension RunMetrics {
  /// How a run was made.
  package struct Origin: Sendable, Equatable, Codable {
    /// The program's version.
    package var version: String
    /// The end of the run, in ISO 8601.
    package var date: String
    /// The model as other tools are told of it, and its revision on the hub.
    package var model: String
    package var revision: String?
    /// The folders of the LoRA adapters in its weights; nil for none.
    package var lora: [String]?
    /// The file of the context as its user named it; nil where lines bring their own.
    package var context: String?
    /// The step whose prompt was selected, and the steps done.
    package var bestStep: Int
    package var steps: Int
    /// The training options, and those that a resumed run changed.
    package var options: TrainingOptions
    package var changes: [OptionChange]?
    /// The fingerprint of the model, and the SHA-256 of the tokens of context and held-out examples.
    package var modelFingerprint: String
    package var contextDigest: String
    package var validationDigest: String

    /// An origin.
    package init(
      version: String = ProgramVersion.text, date: String, model: ModelName, lora: [String] = [],
      context: String?,
      bestStep: Int, steps: Int, options: TrainingOptions, changes: [OptionChange] = [],
      fingerprints: RunFingerprints
    ) {
      self.version = version
      self.date = date
      self.model = model.identifier
      revision = model.revision
      self.lora = lora.isEmpty ? nil : lora
      self.context = context
      self.bestStep = bestStep
      self.steps = steps
      self.options = options
      self.changes = changes.isEmpty ? nil : changes
      modelFingerprint = fingerprints.model
      contextDigest = fingerprints.context
      validationDigest = fingerprints.validation
    }

    /// The present time in ISO 8601, in seconds and UTC.
    static var now: String { Date.now.formatted(.iso8601) }

    private enum CodingKeys: String, CodingKey {
      case version, date, model, revision, lora, context, steps, options, changes
      case bestStep = "best_step"
      case modelFingerprint = "model_fingerprint"
      case contextDigest = "context_sha256"
      case validationDigest = "validation_sha256"
    }
  }

  /// What the context and the learned prompt in its place take, in bytes.
  package struct Sizes: Sendable, Equatable, Codable {
    /// The context as UTF-8; nil where it is given as token ids.
    package var context: Int?
    /// The learned prompt as its file holds it, in f32.
    package var prompt: Int
    /// Keys and values of every layer in 16 bits, of the context's rows. Layers with a sliding window
    /// hold no more than it.
    package var contextCache: Int
    /// The same of the learned prompt's rows.
    package var promptCache: Int

    /// Sizes.
    package init(context: Int?, prompt: Int, contextCache: Int, promptCache: Int) {
      self.context = context
      self.prompt = prompt
      self.contextCache = contextCache
      self.promptCache = promptCache
    }

    private enum CodingKeys: String, CodingKey {
      case context = "context_bytes"
      case prompt = "prompt_bytes"
      case contextCache = "context_cache_bytes"
      case promptCache = "prompt_cache_bytes"
    }
  }
}
