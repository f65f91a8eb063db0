internal import Inference
internal import Transformer

extension RunTexts {
  /// The longest prompt with its response, in tokens.
  func longest(_ options: TrainingOptions) -> Int {
    let examples = (training + validation).map {
      $0.prompt.count + ($0.response?.count ?? options.responseTokens)
    }
    let rollouts = zip(training, rolloutLimits(options)).map { $0.prompt.count + $1 }
    return max((examples + rollouts).max() ?? 1, UnrelatedPrompts.longest(unrelated))
  }

  /// Which training prompts the student answers, and when; nil where it answers none.
  func rolloutPlan(_ options: TrainingOptions) -> RolloutPlan? {
    guard options.rollouts > 0 else { return nil }
    return RolloutPlan(
      share: options.rollouts, interval: options.refreshEvery ?? RolloutPlan.standardInterval,
      order: order(options), spans: training.map { spans[$0.context] }, seed: options.seed)
  }

  /// The most tokens of the student's answer to each training prompt; empty where it answers none.
  /// Where a response is given, answers may be longer than it, as far as the model's positions go.
  func rolloutLimits(_ options: TrainingOptions) -> [Int] {
    guard options.rollouts > 0 else { return [] }
    let student =
      Prefix(conditioning.frame, .nothing).rows + max(options.tokens, sweptTokens)
      + neighbors.rows
    let reader = teacher?.configuration ?? configuration
    return training.map { example in
      let free = min(
        configuration.maximumPositions - student,
        reader.maximumPositions - spans.prefixes[spans[example.context]].rows)
      return max(1, min(options.responseTokens, free - example.prompt.count))
    }
  }
}
