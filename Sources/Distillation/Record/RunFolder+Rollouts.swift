import Files
import Foundation

/// The student's answers of a run: a resumed run trains on the same.
extension RunFolder {
  /// Adds lines to `rollouts.jsonl`, which begins with the first of them.
  func append(_ records: [RolloutRecord]) throws(DistillationError) {
    let path = url.appending(path: Self.rollouts)
    if !FileManager.default.fileExists(atPath: path.path) { try write([], to: Self.rollouts) }
    try appendLines(records, to: Self.rollouts)
  }

  /// Keeps the rollouts of the first `count` steps; the later ones will be made again.
  func keepRollouts(through count: Int) throws(DistillationError) {
    guard FileManager.default.fileExists(atPath: url.appending(path: Self.rollouts).path)
    else { return }
    let records = try lines(RolloutRecord.self, of: Self.rollouts).records
    try write(RecordCoding.lines(of: records.filter { $0.step <= count }), to: Self.rollouts)
  }

  /// The rollouts of the first steps of the run in the folder.
  ///
  /// - Parameters:
  ///   - plan: which prompts were answered, and when.
  ///   - examples: the training examples.
  ///   - limits: the most tokens of an answer to each.
  ///   - steps: the steps that are done.
  ///   - digest: the SHA-256 of the lines, where the checkpoint has one.
  ///   - vocabularySize: above all token ids.
  /// - Throws: when they cannot be read, or are others than the checkpoint's.
  func recordedRollouts(
    _ plan: RolloutPlan, of examples: [InputExample], limits: [Int], through steps: Int,
    digest: String?, vocabularySize: Int
  ) throws(DistillationError) -> (refreshes: [RolloutRefresh], totals: RolloutTotals) {
    let file = url.appending(path: Self.rollouts)
    let found = try lines(RolloutRecord.self, of: Self.rollouts)
    var records = found.records.filter { $0.step <= steps }[...]
    var totals = RolloutTotals()
    try totals.add(Array(records))
    var refreshes: [RolloutRefresh] = []
    for step in 1..<(steps + 1) where plan.isRefreshed(before: step) {
      let prompts = plan.refresh(before: step).prompts
      let own = records.prefix(prompts.count)
      records = records.dropFirst(own.count)
      let isWhole =
        zip(prompts, own).allSatisfy { prompt, record in
          record.step == step && record.line == examples[prompt].line
            && record.file == examples[prompt].file
            && (1...limits[prompt]).contains(record.answer.count)
            && record.answer.allSatisfy((0..<vocabularySize).contains)
        }
      guard own.count == prompts.count else {
        let cut = found.cutLine == nil ? "" : " and the beginning of another"
        throw otherRollouts(
          step,
          found: found.records.isEmpty
            ? RecordCoding.kind(of: file) : "\(own.count) of its \(prompts.count)\(cut)")
      }
      guard isWhole else { throw otherRollouts(step) }
      refreshes.append(
        RolloutRefresh(step: step, prompts: prompts, answers: own.map(\.answer)))
    }
    guard records.isEmpty, digest == nil || digest == totals.digest else {
      throw otherRollouts(1, through: steps)
    }
    return (refreshes, totals)
  }

  /// The error of rollouts that are not those of a step, or of all steps up to another: their digest
  /// does not say which of them are others.
  private func otherRollouts(
    _ step: Int, through last: Int? = nil, found: String = "others"
  ) -> DistillationError {
    let isOne = (last ?? step) == step
    let steps = isOne ? "step \(step)" : "steps \(step) to \(last ?? step)"
    return .otherAnswers(
      file: url.appending(path: Self.rollouts).path,
      expected:
        "the student's answers with which \(steps) of this run \(isOne ? "was" : "were") trained",
      found: found)
  }
}
