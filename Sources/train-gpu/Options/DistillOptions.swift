import ArgumentParser
import Compute
import Distillation
import Foundation

/// The files of a distillation. All are optional here, because a configuration file may name them.
struct DistillFiles: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A model folder, or org/name[@revision] of the hub.", valueName: "dir"))
  var model: String?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "The long context: text files, folders of them, or one .json with {\"ids\": [...]}.",
      valueName: "file"))
  var context: [String] = []

  @Option(
    help: ArgumentHelp(
      "Prompts, one JSON object a line: {\"prompt\", \"completion\"} of texts or of messages, "
        + "{\"messages\"} or {\"prompt_ids\", \"completion_ids\"}. Where the response is missing, the model with the "
        + "full context answers. Without this option the model writes the prompts too, as train-gpu "
        + "study does, into study.jsonl of the output folder.", valueName: "file.jsonl"))
  var inputs: String?

  @Option(
    help: ArgumentHelp(
      "Examples that are held out: a file like --inputs, or a share of the inputs below 1; 0 holds "
        + "nothing out (default: 0.1). Of examples that a study wrote, those that it kept apart.",
      valueName: "file.jsonl|share"))
  var validation: String?

  @Option(help: UnrelatedOption.help)
  var unrelated: String?

  @Option(help: ArgumentHelp("A new folder for the results.", valueName: "dir"))
  var output: String?

  @Flag(
    help: ArgumentHelp(
      "Replace the run in the output folder; refused where files of another program have the names "
        + "of a run's."))
  var overwrite = false

  @Flag(
    help: ArgumentHelp(
      "Continue the run in the output folder from its newest checkpoint. Its other options stay the "
        + "same, but --steps or --epochs (at a constant rate), --patience, --evaluate-every and "
        + "--checkpoint-every may change; the first four stay as they were where they are left out."
    ))
  var resume = false

  @Option(
    help: ArgumentHelp(
      "Options in a YAML file, under their names here without the dashes; the command line wins.",
      valueName: "file.yaml"))
  var config: String?
}

/// The method: what is learned, from what, and the objective.
struct ObjectiveOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What they are: embeddings, rows of the model's input; or kv, keys and values of every layer, a "
        + "cartridge, which holds more at the same number.", valueName: "name"))
  var method = TrainingOptions.standard.method

  @Option(help: ArgumentHelp("Pseudo-tokens.", valueName: "k"))
  var tokens = TrainingOptions.standard.tokens

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      "Where they start. Embeddings: sampled, first or pooled from the context's, vocabulary, random, "
        + "or an adapter: its folder, or soft_prompt.safetensors (default: sampled). Keys and values: first "
        + "or chunks of the context's, random-text, matched by the attention of the examples, or an "
        + "adapter: its folder, or cartridge.safetensors (default: \(Initialization.standard(for: .keysValues))).",
      valueName: "start"),
    transform: Self.initialization)
  var initialization: Initialization?

  private static func initialization(_ text: String) throws -> Initialization {
    guard let start = Initialization(text) else {
      let embeddings = Initialization.names(for: .embeddings)
      let names =
        embeddings
        + Initialization.names(for: .keysValues).filter { !embeddings.contains($0) }
      throw UsageError(
        description:
          "expected \(names.joined(separator: ", ")), an adapter's folder or a .safetensors file"
      )
    }
    return start
  }

  @Option(
    help: ArgumentHelp(
      "Chat template whose system message the context is, or where it has none, what begins the first "
        + "user's message: auto (the model's own, or none), raw "
        + "(none), chatml, llama3 or the file of a template.", valueName: "name"))
  var template = TrainingOptions.standard.template

  @OptionGroup var templateVariables: TemplateVariableOptions

  @Option(
    help: ArgumentHelp(
      "Kind of teacher cache: logits in 16 bits, hidden states, projected ones (for "
        + "forward-kl), or auto, the one that fits.", valueName: "kind"))
  var teacherCache = TrainingOptions.standard.teacherCache

  @Option(help: ArgumentHelp("The objective: forward-kl, reverse-kl or js.", valueName: "kind"))
  var loss = TrainingOptions.standard.loss

  @Option(
    help: ArgumentHelp(
      "The tokens that the objective covers: those of the response, or all, the prompt's too.",
      valueName: "part"))
  var lossOn = TrainingOptions.standard.lossPart

  @Option(
    help: ArgumentHelp(
      "The share of the training examples that continue the context word for word from a random "
        + "place.", valueName: "share"))
  var reconstruct = TrainingOptions.standard.reconstruct

  @Option(
    help: ArgumentHelp(
      "The share of the training examples that have nothing to do with the context: at most 288 "
        + "built-in prompts, which the model with the full context answers.", valueName: "share"))
  var regularize = TrainingOptions.standard.regularize

  @Option(help: ArgumentHelp("Divisor of both models' logits.", valueName: "t"))
  var temperature = TrainingOptions.standard.temperature

  @Option(
    help: ArgumentHelp(
      "The most tokens of the model's own answers, where a response is missing.", valueName: "n"))
  var responseTokens = TrainingOptions.standard.responseTokens

  @Option(
    help: ArgumentHelp(
      "Temperature of those answers; 0 takes the most likely token.", valueName: "t"))
  var responseTemperature = TrainingOptions.standard.responseTemperature

  @Option(help: ArgumentHelp("Type of the weights in memory: f32, bf16 or f16.", valueName: "type"))
  var precision = TrainingOptions.standard.precision

  @Option(
    help: ArgumentHelp(
      "Precision of activations and gradients in a training step: f32, or bf16, which "
        + "with bf16 weights is faster on a CPU with AVX512-BF16; the error is measured and reported. "
        + "Teacher and evaluations stay exact.", valueName: "type"))
  var activations = TrainingOptions.standard.activations
}

/// The course of the training.
struct ScheduleOptions: ParsableArguments {
  @Option(help: ArgumentHelp("adamw or sgd.", valueName: "name"))
  var optimizer = TrainingOptions.standard.optimizer

  @Option(
    help: ArgumentHelp(
      "The highest rate (default: \(TrainingOptions.defaultLearningRateFactor) times the root mean "
        + "square of the context's embeddings; with kv "
        + "\(KeyValueRates.defaultFactors.keys) times that of its keys, and "
        + "\(KeyValueRates.defaultFactors.values) times that of its values).", valueName: "x"))
  var learningRate: Float?

  @Option(
    help: ArgumentHelp("The highest rate of keys, with --method kv.", valueName: "x"))
  var learningRateKeys: Float?

  @Option(
    help: ArgumentHelp("The highest rate of values, with --method kv.", valueName: "x"))
  var learningRateValues: Float?

  @Option(
    help: ArgumentHelp("Learning rate after the warm-up: constant, linear or cosine."))
  var schedule = TrainingOptions.standard.schedule

  @Option(help: ArgumentHelp("Steps of the warm-up.", valueName: "n"))
  var warmup = TrainingOptions.standard.warmup

  @Option(help: ArgumentHelp("Weight decay, as torch.optim has it.", valueName: "x"))
  var weightDecay = TrainingOptions.standard.weightDecay

  @Option(
    help: ArgumentHelp("The largest norm of a gradient (default: none).", valueName: "x"))
  var clipNorm: Float?

  @Option(
    help: ArgumentHelp(
      "Steps of the training; 0 delivers the start (default: \(TrainingOptions.standard.steps)).",
      valueName: "n"))
  var steps: Int?

  @Option(help: ArgumentHelp("Instead of steps: how often every example is seen.", valueName: "n"))
  var epochs: Int?

  @Option(help: ArgumentHelp("Examples of a step.", valueName: "n"))
  var batchSize = TrainingOptions.standard.batchSize

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Give every epoch an order of its own.")
  var shuffle = TrainingOptions.standard.shuffle

  @Option(help: ArgumentHelp("Everything random follows from it.", valueName: "n"))
  var seed = TrainingOptions.standard.seed

  @Option(
    help: ArgumentHelp(
      "Evaluations without a better prompt after which the training ends (default: it continues).",
      valueName: "n"))
  var patience: Int?

  @Option(
    help: ArgumentHelp(
      "Steps between two held-out evaluations (default: \(TrainingOptions.standard.evaluateEvery)).",
      valueName: "n"))
  var evaluateEvery: Int?

  @Option(help: ArgumentHelp("Steps between two checkpoints.", valueName: "n"))
  var checkpointEvery = 100

  /// The options that a resumed run keeps, because the user left them out.
  var leftOut: Set<TrainingOptions.Resumable> {
    Set(
      TrainingOptions.Resumable.allCases.filter { option in
        switch option {
        case .length: steps == nil && epochs == nil
        case .patience: patience == nil
        case .evaluateEvery: evaluateEvery == nil
        }
      })
  }
}

extension TrainingOptions {
  /// The defaults of the command line.
  static let standard = TrainingOptions()
}
