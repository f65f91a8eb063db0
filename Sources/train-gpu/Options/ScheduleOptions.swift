import ArgumentParser
import Arguments
import Distillation

/// The course of the training.
struct ScheduleOptions: ParsableArguments {
  @Option(help: ArgumentHelp("adamw or sgd.", valueName: "name"))
  var optimizer = TrainingOptions.standard.optimizer

  @Option(
    help: ArgumentHelp(
      "The highest rate (default: \(TrainingOptions.defaultLearningRateFactor) times the root mean "
        + "square of the context's embeddings; with kv \(Self.factors(from: .matched)) from matched "
        + "and adapters, \(Self.factors(from: .chunks)) from other starts).", valueName: "x"),
    transform: Float.argument)
  var learningRate: Float?

  private static func factors(from start: Initialization) -> String {
    let factors = KeyValueRates.defaultFactors(from: start)
    return "\(factors.keys) times that of its keys and \(factors.values) times that of its values"
  }

  @Option(
    help: ArgumentHelp("The highest rate of keys, with --method kv.", valueName: "x"),
    transform: Float.argument)
  var learningRateKeys: Float?

  @Option(
    help: ArgumentHelp("The highest rate of values, with --method kv.", valueName: "x"),
    transform: Float.argument)
  var learningRateValues: Float?

  @Option(
    help: ArgumentHelp("Learning rate after the warm-up: constant, linear or cosine."))
  var schedule = TrainingOptions.standard.schedule

  @Option(help: ArgumentHelp("Steps of the warm-up.", valueName: "n"))
  var warmup = TrainingOptions.standard.warmup

  @Option(
    help: ArgumentHelp(
      "Weight decay, as torch.optim has it. (default: \(TrainingOptions.standard.weightDecay))",
      valueName: "x"),
    transform: Float.argument)
  var weightDecay = TrainingOptions.standard.weightDecay

  @Option(
    help: ArgumentHelp("The largest norm of a gradient (default: none).", valueName: "x"),
    transform: Float.argument)
  var clipNorm: Float?

  @Option(
    help: ArgumentHelp(
      "Steps of the training; 0 delivers the start, and takes none of the options of steps (default: \(TrainingOptions.standard.steps)).",
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
  var checkpointEvery = Self.standardCheckpointEvery

  static let standardCheckpointEvery = 100

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
