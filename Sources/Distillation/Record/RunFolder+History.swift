import Files
import Foundation

/// The history of a run that goes on: its checkpoint holds all that the training needs, so lines that are
/// gone end no run, but are missed in what it reports.
extension RunFolder {
  /// Notes what of the history up to a checkpoint is not there any more.
  func checkHistory(of state: TrainingCheckpoint.State) throws(DistillationError) {
    guard isWriting else { return }
    let steps = try lines(StepRecord.self, of: Self.stepMetrics)
    noteHistory(
      steps, found: Set(steps.records.map(\.step)).count { (1...max(state.step, 1)).contains($0) },
      expected: state.step, of: "the steps", through: state.step)
    let evaluations = try lines(EvaluationRecord.self, of: Self.evaluations)
    // The best evaluation and those after it are counted in the checkpoint.
    noteHistory(
      evaluations,
      found: evaluations.records.count { $0.step >= state.bestStep && $0.step <= state.step },
      expected: state.best == nil ? 0 : state.evaluationsSinceBest &+ 1,
      of: "the held-out evaluations", through: state.step)
    noteCut(try lines(RolloutRecord.self, of: Self.rollouts))
  }

  private func noteHistory<Record>(
    _ lines: RecordLines<Record>, found: Int, expected: Int, of what: String, through step: Int
  ) {
    noteCut(lines)
    guard found < expected else { return }
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
