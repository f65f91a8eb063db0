import Foundation
import HuggingFace
import JSON

extension RunMetrics {
  /// How a run was made.
  package struct Origin: Sendable, Equatable, Codable {
    /// The program's version.
    package var version: String
    /// The end of the run, in ISO 8601.
    package var date: String
    /// The name of the model for other tools, and its revision on the hub.
    package var model: String
    package var revision: String?
    /// The folders of the LoRA adapters in its weights; nil for none.
    package var lora: [String]?
    /// The teacher, where it is another model.
    package var teacher: TeacherRecord?
    /// The file of the context as its user named it; nil where lines bring their own.
    package var context: String?
    /// The names of the tools for which the prompt stands too; nil for none.
    package var tools: [String]?
    /// The step whose prompt was selected, and the steps done.
    package var bestStep: Int
    package var steps: Int
    /// The training options, and those that a resumed run changed.
    package var options: TrainingOptions
    package var changes: [OptionChange]?
    /// The peak learning rates, those by default too; nil in reports of older programs.
    package var peakRates: PeakRates?
    /// The fingerprint of the model, and the SHA-256 of the tokens of context and held-out
    /// examples.
    package var modelFingerprint: String
    package var contextDigest: String
    package var validationDigest: String

    /// An origin.
    package init(
      version: String = ProgramVersion.text, date: String, model: ModelName, lora: [String] = [],
      context: String?, tools: [String]? = nil,
      bestStep: Int, steps: Int, options: TrainingOptions, changes: [OptionChange] = [],
      rates: PeakRates? = nil, fingerprints: RunFingerprints
    ) {
      self.version = version
      self.date = date
      self.model = model.identifier
      revision = model.revision
      self.lora = lora.isEmpty ? nil : lora
      teacher = fingerprints.teacher
      self.context = context
      self.tools = tools
      self.bestStep = bestStep
      self.steps = steps
      self.options = options
      self.changes = changes.isEmpty ? nil : changes
      peakRates = rates
      modelFingerprint = fingerprints.model
      contextDigest = fingerprints.context
      validationDigest = fingerprints.validation
    }

    /// The present time in ISO 8601, in seconds and UTC.
    static var now: String { Date.now.formatted(.iso8601) }

    private enum CodingKeys: String, CodingKey {
      case version, date, model, revision, lora, teacher, context, tools, steps, options, changes
      case bestStep = "best_step"
      case peakRates = "peak_learning_rates"
      case modelFingerprint = "model_fingerprint"
      case contextDigest = "context_sha256"
      case validationDigest = "validation_sha256"
    }
  }

  /// The answers that the student gave to training prompts, those before a resume too.
  package struct Rollouts: Sendable, Equatable, Codable {
    /// Their number.
    package var answers: Int
    /// Tokens of all of them.
    package var tokens: Int
    /// Those that reached the limit before their end.
    package var cutCount: Int

    init(_ totals: RolloutTotals) {
      (answers, tokens, cutCount) = (totals.answers, totals.tokens, totals.cutCount)
    }

    /// The numbers in words.
    var text: String {
      "\(Counted(answers, "answer")) of the student with \(Counted(tokens, "token"))"
        + (cutCount > 0 ? ", \(cutCount) cut at the limit" : "")
    }

    private enum CodingKeys: String, CodingKey {
      case answers, tokens
      case cutCount = "cut_answers"
    }
  }

  /// What the context and the learned prompt in its place take, in bytes.
  package struct Sizes: Sendable, Equatable, Codable {
    /// The context as UTF-8; nil where it is given as token ids.
    package var context: Int?
    /// The learned prompt as its file holds it, in f32.
    package var prompt: Int
    /// Keys and values of every layer in 16 bits, of the context's rows. Layers with a sliding
    /// window hold no more than it.
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

extension RunMetrics {
  /// The held-out cross-entropy of the responses in nats a token, where training lowered that; nil
  /// for other objectives.
  package var heldOutCrossEntropy: Double? { crossEntropy(\.prompt) }

  /// The same with nothing in place of the prompt.
  var crossEntropyNoContext: Double? { crossEntropy(\.noContext) }

  private func crossEntropy(_ side: KeyPath<Sides, Double>) -> Double? {
    guard origin?.options.loss == .crossEntropy else { return nil }
    return validation?.answers.map { -$0.logLikelihood[keyPath: side] }
  }
}
