import Files
import Foundation

/// The history of a run that goes on: its checkpoint holds all that the training needs, so lines
/// that are gone end no run, but are missed in what it reports.
extension RunFolder {
  /// Notes what of the history up to a checkpoint is not there any more.
  func checkHistory(of state: TrainingCheckpoint.State) throws(DistillationError) {
    guard isWriting else { return }
    let steps = try lines(StepRecord.self, of: Self.stepMetrics)
    let done = Set(steps.records.map(\.step))
    noteHistory(
      steps, isWhole: done.count { (1...max(state.step, 1)).contains($0) } >= state.step,
      of: "the steps", through: state.step)
    let evaluations = try lines(EvaluationRecord.self, of: Self.evaluations)
    noteHistory(
      evaluations,
      isWhole: state.hasEvaluations(
        in: evaluations.records.map(\.step),
        isUnchanged: try beginsAsRecorded(Self.evaluations) ?? true),
      of: "the held-out evaluations", through: state.step)
    noteCut(try lines(RolloutRecord.self, of: Self.rollouts))
  }

  private func noteHistory<Record>(
    _ lines: RecordLines<Record>, isWhole: Bool, of what: String, through step: Int
  ) {
    noteCut(lines)
    guard !isWhole else { return }
    let start = "\(lines.file): the history of \(what) up to step \(step)"
    keptNotices.append(
      lines.records.isEmpty
        ? "\(start) is gone, and begins anew"
        : "\(start) has gaps: lines were removed or lost")
  }

  private func noteCut<Record>(_ lines: RecordLines<Record>) {
    if let notice = lines.cutNotice { keptNotices.append(notice) }
  }
}

extension TrainingCheckpoint.State {
  /// Whether these are the steps after which the run was evaluated up to here, as far as the
  /// checkpoint tells; nothing is missing where nothing is held out.
  ///
  /// - Parameters:
  ///   - steps: the steps of the lines.
  ///   - isUnchanged: whether nobody has changed the lines, as far as is known: those before the
  ///     first one are then not missing, because older programs did not evaluate the start, and
  ///     still older ones wrote no lines.
  fileprivate func hasEvaluations(in steps: [Int], isUnchanged: Bool) -> Bool {
    guard best != nil else { return true }
    guard let first = isUnchanged ? steps.min() : 0 else { return false }
    // The best evaluation and those after it are counted, that of an earlier last step among them.
    let counted = steps.count { $0 >= bestStep && $0 <= step }
    guard first > bestStep || counted >= evaluationsSinceBest &+ 1 else { return false }
    return evaluatedSteps.filter { $0 >= first }.allSatisfy(steps.contains)
  }

  /// The start, and the steps after which each interval between evaluations ended.
  private var evaluatedSteps: Set<Int> {
    var (found, end, every) = (Set([0]), step, options.evaluateEvery)
    for change in (changes ?? []).reversed() where change.after.name == .evaluateEvery {
      found.formUnion(Self.multiples(of: every, after: change.step, through: end))
      (end, every) = (change.step, change.before.value ?? every)
    }
    return found.union(Self.multiples(of: every, after: 0, through: end))
  }

  private static func multiples(of every: Int, after start: Int, through end: Int) -> [Int] {
    guard every > 0 else { return [] }
    return Array(stride(from: (start / every + 1) * every, through: end, by: every))
  }
}
