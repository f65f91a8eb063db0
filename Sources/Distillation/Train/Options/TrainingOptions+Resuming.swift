import JSON

extension TrainingOptions {
  /// Options that a resumed run may change: none of them changes the steps that are done.
  package enum Resumable: Sendable, CaseIterable {
    /// The number of steps or of epochs.
    case length
    /// The patience.
    case patience
    /// The steps between two held-out evaluations.
    case evaluateEvery
  }

  /// The recorded name of the method.
  private static let method = "method"
  /// Recorded names of the options of ``Resumable``.
  private static let resumable: Set = ["steps", "epochs", "patience", "evaluate-every"]

  /// Recorded names of the options of steps: a run that had none may be given them when it goes on.
  private static let ofSteps: Set = [
    "optimizer", "learning-rate", "learning-rate-keys", "learning-rate-values", "schedule",
    "warmup", "weight-decay", "clip-norm", "batch-size", "shuffle", "rollouts", "refresh-every",
  ]

  /// Whether the start is delivered as it is.
  var hasNoSteps: Bool { epochs == nil && steps == 0 }

  /// These options for the continuation of a checkpoint's run.
  ///
  /// - Parameters:
  ///   - recorded: the recorded options.
  ///   - kept: options that keep their recorded values.
  ///   - startDigest: the recorded SHA-256 of the adapter from which the run started; nil where
  ///     none is known.
  ///   - checkpoint: the checkpoint, for the error.
  /// - Throws: ``DistillationError/changedSinceCheckpoint(checkpoint:item:recorded:found:)`` for
  ///   the first option that differs and may not.
  package func resuming(
    _ recorded: TrainingOptions, keeping kept: Set<Resumable>, startDigest: String? = nil,
    checkpoint: String
  ) throws(DistillationError) -> TrainingOptions {
    var options = self
    // A checkpoint needs its start no more, so that may have gone elsewhere.
    if chosenInitialization?.mayBe(recorded.chosenInitialization, digest: startDigest) ?? true {
      options.chosenInitialization = recorded.chosenInitialization
    }
    options.refreshEvery = refreshEvery ?? recorded.refreshEvery
    if precision == .stored { options.precision = recorded.precision }
    let (before, now) = (try recorded.members(), try options.members())
    let standard = try TrainingOptions().members()
    let all = Set(before.keys).union(now.keys).subtracting(Self.resumable)
      .subtracting(recorded.hasNoSteps ? Self.ofSteps : []).sorted()
    // Defaults of others follow from the method.
    let names = all.filter { $0 == Self.method } + all.filter { $0 != Self.method }
    for name in names where before[name] != now[name] {
      throw .changedSinceCheckpoint(
        checkpoint: checkpoint, item: .option(name),
        recorded: before[name]?.text() ?? "its default",
        found: RecordCoding.found(now[name], default: standard[name]))
    }
    options.keep(kept, of: recorded)
    return options
  }

  /// Takes the recorded values of some options.
  mutating func keep(_ kept: Set<Resumable>, of recorded: TrainingOptions) {
    if kept.contains(.length) { (steps, epochs) = (recorded.steps, recorded.epochs) }
    if kept.contains(.patience) { patience = recorded.patience }
    if kept.contains(.evaluateEvery) { evaluateEvery = recorded.evaluateEvery }
  }

  /// Checks that a training of another length has the same steps up to `step`. Its earlier last
  /// step, which was evaluated as such, may be one that it would not have evaluated.
  ///
  /// - Throws: when it ends earlier, or the learning rates of those steps depend on the length.
  package func checkLength(
    against recorded: TrainingOptions, order: BatchOrder, step: Int, checkpoint: String
  ) throws(DistillationError) {
    let (before, now) = (try recorded.totalSteps(order), try totalSteps(order))
    guard now != before, !recorded.hasNoSteps else { return }
    guard schedule == .constant else {
      throw .scheduleOfAnotherLength(
        checkpoint: checkpoint, schedule: schedule.rawValue, recorded: before, found: now)
    }
    guard now > step else {
      throw .option(
        epochs == nil ? .steps : .epochs,
        expected:
          "a training of more than the \(Counted(step, "step")) that \(step == 1 ? "is" : "are") "
          + "done", found: "\(Counted(now, "step"))")
    }
  }

  /// The settings that differ from those that a checkpoint recorded at `step`.
  package func changes(from recorded: TrainingOptions, at step: Int) -> [OptionChange] {
    zip(recorded.resumableSettings, resumableSettings).filter { $0 != $1 }
      .map { OptionChange(step: step, before: $0, after: $1) }
  }

  /// The settings that a resumed run may change.
  private var resumableSettings: [OptionSetting] {
    [
      epochs.map { OptionSetting(.epochs, $0) } ?? OptionSetting(.steps, steps),
      OptionSetting(.patience, patience), OptionSetting(.evaluateEvery, evaluateEvery),
    ]
  }
}
