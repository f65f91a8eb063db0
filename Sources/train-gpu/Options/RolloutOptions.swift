import ArgumentParser
import Arguments
import Distillation

/// The student's own answers, besides the recorded ones.
struct RolloutOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The share of the training prompts that the model with the learned prompt answers itself, sampled at "
        + "temperature 1 and anew as it learns; the model with the context scores these answers, and the other "
        + "prompts keep an earlier answer. 1 trains on the newest answers alone. Meant for --loss reverse-kl "
        + "and js. (default: \(TrainingOptions.standard.rollouts))", valueName: "share"),
    transform: Float.argument)
  var rollouts = TrainingOptions.standard.rollouts

  @Option(
    help: ArgumentHelp(
      "Steps between two times that it does, each for the prompts of the steps up to the next (default: "
        + "\(RolloutPlan.standardInterval)).", valueName: "n"))
  var refreshEvery: Int?

  /// Sets the options of a training.
  func apply(to options: inout TrainingOptions) {
    options.rollouts = rollouts
    // A run fills in the standard interval, and one that goes on keeps its own.
    options.refreshEvery = refreshEvery
  }
}
