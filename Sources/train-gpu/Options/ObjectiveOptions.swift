import ArgumentParser
import Arguments
import Distillation
import Foundation
import JSON

/// The method: what is learned, from what, and the objective.
struct ObjectiveOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What they are: embeddings, rows of the model's input; or kv, keys and values of every layer, a "
        + "cartridge, which holds more at the same number. Both with a comma between them are swept. "
        + "(default: \(TrainingOptions.standard.method.rawValue))",
      valueName: "name"), completion: .list(TrainingOptions.Method.allValueStrings),
    transform: {
      try OptionList(
        $0, expected: "\(Listed(TrainingOptions.Method.allValueStrings))")
    })
  var method = OptionList([TrainingOptions.standard.method])

  @Option(
    help: ArgumentHelp(
      "Pseudo-tokens. Several numbers with commas between them are a sweep: a run each, in OUTPUT/tokens-K, "
        + "against one teacher; a larger one starts from the next smaller. "
        + "(default: \(TrainingOptions.standard.tokens))", valueName: "k"),
    transform: { try OptionList($0, expected: "a whole number") })
  var tokens = OptionList([TrainingOptions.standard.tokens])

  @Option(
    help: ArgumentHelp(
      "Of a sweep, the smallest prompt whose held-out KL is at most this is delivered in OUTPUT. (default: the "
        + "one with the lowest KL)", valueName: "x"), transform: Double.argument)
  var klBudget: Double?

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      "Where they start. Embeddings: sampled, first or pooled from the context's, vocabulary, random, "
        + "or an adapter: its folder, or soft_prompt.safetensors (default: sampled). Keys and values: first "
        + "or chunks of the context's, random-text, matched by the attention of the examples, or an "
        + "adapter: its folder, or cartridge.safetensors (default: \(Self.standard(parts: 1)), and "
        + "\(Self.standard(parts: 2)) where the context is read in several windows).",
      valueName: "start"),
    completion: .namesOrPaths(Self.startNames), transform: Self.initialization)
  var initialization: Initialization?

  private static func standard(parts: Int) -> Initialization {
    .standard(for: .keysValues, parts: parts)
  }

  /// The names of all starts, each once.
  private static var startNames: [String] {
    let embeddings = Initialization.names(for: .embeddings)
    return embeddings
      + Initialization.names(for: .keysValues).filter { !embeddings.contains($0) }
  }

  private static func initialization(_ text: String) throws -> Initialization {
    guard !text.isEmpty else {
      throw UsageError(
        description: "expected a name or the path of an adapter, found an empty text")
    }
    // The folder of a run that goes on may have been moved away.
    return Initialization(text) ?? .file(URL(fileURLWithPath: text))
  }

  /// Checks that a start which a run begins with has a known name, or is there.
  func checkStart() throws(UsageError) {
    guard case .file(let url)? = initialization, Initialization(url.relativePath) == nil
    else { return }
    let starts = Self.startNames + ["an adapter's folder", "a .safetensors file"]
    throw UsageError(
      description: "The value '\(url.relativePath)' is invalid for '--init <start>': expected "
        + "\(Listed(starts))")
  }

  @Option(
    help: ArgumentHelp(
      "Chat template whose system message the context is, or where it has none, what begins the first "
        + "user's message: auto (the model's own, or none), raw "
        + "(none), chatml, llama3 or the file of a template.", valueName: "name"),
    completion: TemplateOption.completion)
  var template = TrainingOptions.standard.template

  @OptionGroup var templateVariables: TemplateVariableOptions

  @Option(
    help: ArgumentHelp(
      "Kind of teacher cache: logits in 16 bits, hidden states, projected ones (for "
        + "forward-kl), or auto, the one that fits.", valueName: "kind"))
  var teacherCache = TrainingOptions.standard.teacherCache

  @Option(
    help: ArgumentHelp(
      "The objective: forward-kl, reverse-kl or js, divergences from the model that reads the context; or "
        + "cross-entropy, of the responses themselves: then --inputs may stand without --context.",
      valueName: "kind"))
  var loss = TrainingOptions.standard.loss

  @Option(
    name: .customLong("mix-cross-entropy"),
    help: ArgumentHelp(
      "The share of the responses' cross-entropy in the objective, beside forward-kl, below 1. The reported "
        + "loss is the KL from the mixture of the teacher with the given tokens, whose gradient that is. "
        + "(default: \(TrainingOptions.standard.mixCrossEntropy))",
      valueName: "share"), transform: Float.argument)
  var mixCrossEntropy = TrainingOptions.standard.mixCrossEntropy

  @Option(
    help: ArgumentHelp(
      "The tokens that the objective covers: those of the response, or all, the prompt's too.",
      valueName: "part"))
  var lossOn = TrainingOptions.standard.lossPart

  @Option(
    help: ArgumentHelp(
      "The share of the training examples that continue the context word for word from a random "
        + "place. (default: \(TrainingOptions.standard.reconstruct))", valueName: "share"),
    transform: Float.argument)
  var reconstruct = TrainingOptions.standard.reconstruct

  @Option(
    help: ArgumentHelp(
      "The share of the training examples that have nothing to do with the context: at most 288 "
        + "built-in prompts, which the model with the full context answers. "
        + "(default: \(TrainingOptions.standard.regularize))", valueName: "share"),
    transform: Float.argument)
  var regularize = TrainingOptions.standard.regularize

  @Option(
    help: ArgumentHelp(
      "Divisor of both models' logits. (default: \(TrainingOptions.standard.temperature))",
      valueName: "t"),
    transform: Float.argument)
  var temperature = TrainingOptions.standard.temperature

  @Option(
    help: ArgumentHelp(
      "The most tokens of the model's own answers, where a response is missing, and of rollouts.",
      valueName: "n"))
  var responseTokens = TrainingOptions.standard.responseTokens

  @Option(
    help: ArgumentHelp(
      "Temperature of those answers; 0 takes the most likely token. "
        + "(default: \(TrainingOptions.standard.responseTemperature))", valueName: "t"),
    transform: Float.argument)
  var responseTemperature = TrainingOptions.standard.responseTemperature

  @Option(help: PrecisionOptions.help)
  var precision = TrainingOptions.standard.precision

  @Option(
    help: ArgumentHelp(
      "Precision of activations and gradients in a training step: f32, or bf16, which "
        + "with bf16 weights is faster on a CPU with AVX512-BF16; the error is measured and reported. "
        + "Teacher and evaluations stay exact.", valueName: "type"))
  var activations = TrainingOptions.standard.activations
}

extension TrainingOptions {
  /// The defaults of the command line.
  static let standard = TrainingOptions()
}
