import JSON

/// How a training that is resumed may differ from what it was begun with: in what leaves the steps that
/// are done as they are.
extension TrainingOptions {
  /// What may be another.
  package enum Resumable: Sendable, CaseIterable {
    /// `--steps` or `--epochs`.
    case length
    /// `--patience`.
    case patience
    /// `--evaluate-every`.
    case evaluateEvery
  }

  /// Names of the command line that ``Resumable`` stands for.
  private static let resumable: Set = ["steps", "epochs", "patience", "evaluate-every"]

  /// These options as a checkpoint's run goes on with them.
  ///
  /// - Parameter kept: what stays as it was recorded.
  /// - Throws: ``DistillationError/changedSinceCheckpoint(checkpoint:what:recorded:found:)`` with
  ///   the name of the first option that is another and may not be.
  package func resuming(
    _ recorded: TrainingOptions, keeping kept: Set<Resumable>, checkpoint: String
  ) throws(DistillationError) -> TrainingOptions {
    let (before, now) = (try recorded.members(), try members())
    let names = Set(before.keys).union(now.keys).subtracting(Self.resumable).sorted()
    for name in names where before[name] != now[name] {
      throw .changedSinceCheckpoint(
        checkpoint: checkpoint, what: "--\(name)", recorded: before[name]?.text() ?? "its default",
        found: now[name]?.text() ?? "its default")
    }
    var options = self
    if kept.contains(.length) {
      (options.steps, options.epochs) = (recorded.steps, recorded.epochs)
    }
    if kept.contains(.patience) { options.patience = recorded.patience }
    if kept.contains(.evaluateEvery) { options.evaluateEvery = recorded.evaluateEvery }
    return options
  }

  /// Checks that the steps of a training of another length are, up to `step`, those that were done. Its
  /// last step before, which was evaluated as such, may be one that it would not have evaluated.
  ///
  /// - Throws: when it ends before, or the rates of the steps that are done depend on the length.
  package func checkLength(
    against recorded: TrainingOptions, order: BatchOrder, step: Int, checkpoint: String
  ) throws(DistillationError) {
    let (before, now) = (try recorded.totalSteps(order), try totalSteps(order))
    guard now != before else { return }
    guard schedule == .constant else {
      throw .scheduleOfAnotherLength(
        checkpoint: checkpoint, schedule: schedule.rawValue, recorded: before, found: now)
    }
    guard now > step else {
      throw .option(
        name: epochs == nil ? "steps" : "epochs",
        expected:
          "a training of more than the \(Counted(step, "step")) that \(step == 1 ? "is" : "are") "
          + "done", found: "\(Counted(now, "step"))")
    }
  }

  /// What is another than a checkpoint recorded at `step`.
  package func changes(from recorded: TrainingOptions, at step: Int) -> [OptionChange] {
    zip(recorded.resumableArguments, resumableArguments).filter { $0 != $1 }
      .map { OptionChange(step: step, before: $0, after: $1) }
  }

  /// What may change, as the command line would say it.
  private var resumableArguments: [String] {
    [
      epochs.map { "--epochs \($0)" } ?? "--steps \(steps)",
      patience.map { "--patience \($0)" } ?? "no --patience",
      "--evaluate-every \(evaluateEvery)",
    ]
  }
}

/// An option that a run went on with and was not begun with.
package struct OptionChange: Sendable, Equatable, Codable {
  /// Steps that were done before.
  package var step: Int
  /// The option as it was: `--steps 200`.
  package var before: String
  /// The option as it is since: `--steps 400`.
  package var after: String

  /// A change after `step` steps.
  package init(step: Int, before: String, after: String) {
    self.step = step
    self.before = before
    self.after = after
  }
}
