import Files
import Foundation

/// The held-out evaluations of a run, and its answers to the held-out prompts.
extension RunFolder {
  /// Adds a line to `evaluations.jsonl`, which begins with the first of them.
  func append(_ record: EvaluationRecord) throws(DistillationError) {
    let path = url.appending(path: Self.evaluations)
    if !FileManager.default.fileExists(atPath: path.path) { try write([], to: Self.evaluations) }
    try appendLine(record, to: Self.evaluations)
  }

  /// The lines of `evaluations.jsonl` so far; none where there is no such file, as in runs of older
  /// programs and where nothing is held out.
  ///
  /// - Throws: ``DistillationError/damagedLine(_:)`` for a whole line that is no record.
  package func evaluationRecords() throws(DistillationError) -> [EvaluationRecord] {
    try lines(EvaluationRecord.self, of: Self.evaluations).records
  }

  /// Keeps the evaluations of the first `count` steps; the later ones will be made again.
  func keepEvaluations(through count: Int) throws(DistillationError) {
    guard FileManager.default.fileExists(atPath: url.appending(path: Self.evaluations).path)
    else { return }
    try write(
      RecordCoding.lines(of: evaluationRecords().filter { $0.step <= count }),
      to: Self.evaluations)
  }

  /// Writes `heldout_answers.jsonl`.
  func write(_ answers: [HeldOutAnswer]) throws(DistillationError) {
    try write(RecordCoding.lines(of: answers), to: Self.heldOutAnswers)
  }

  /// Adds a line to a file of lines that exists.
  func appendLine(_ record: some Encodable, to name: String) throws(DistillationError) {
    try appendLines([record], to: name)
  }

  /// Adds lines to a file of lines that exists.
  func appendLines(_ records: [some Encodable], to name: String) throws(DistillationError) {
    guard isWriting else { return }
    try checkNotMoved()
    let lines = try RecordCoding.lines(of: records)
    noteLines(lines, of: name)
    let path = url.appending(path: name)
    try writing { () throws(FileError) in
      // Opening a pipe would wait for its reader.
      if let special = SpecialFile(at: path.path) {
        throw FileError(path: path.path, action: "write", reason: "it is \(special.title)")
      }
      do {
        let file = try handle(of: name)
        try file.write(contentsOf: lines)
      } catch {
        throw FileError(
          path: path.path, action: "write", reason: (error as NSError).localizedDescription)
      }
    }
  }

  /// Checks that the lines of a run that is resumed can be read, but for a last one that is cut.
  ///
  /// - Throws: for a line that is no record.
  func checkLines() throws(DistillationError) {
    _ = try lines(StepRecord.self, of: Self.stepMetrics)
    _ = try lines(EvaluationRecord.self, of: Self.evaluations)
    _ = try lines(RolloutRecord.self, of: Self.rollouts)
  }

  /// The lines of a file of the folder; none where there is no such file, or something else under
  /// its name.
  ///
  /// - Throws: when it cannot be read, or a whole line of it is no record.
  func lines<Record: Decodable>(
    _ type: Record.Type, of name: String
  ) throws(DistillationError) -> RecordLines<Record> {
    let path = url.appending(path: name)
    guard FileManager.default.fileExists(atPath: path.path), SpecialFile(at: path.path) == nil
    else { return RecordLines(file: path.path) }
    // A resumed run trains on its rollouts, and the other lines are its history.
    return try RecordCoding.decodeLines(
      type, from: path, as: name == Self.rollouts ? .training : .history)
  }

  /// The lines of a file of a folder that may be unclaimed; none where there is no such file.
  ///
  /// - Throws: when it cannot be read, or a line of it is no record.
  static func records<Record: Decodable>(
    _ type: Record.Type, of name: String, in folder: URL
  ) throws(DistillationError) -> RecordLines<Record> {
    let path = folder.appending(path: name)
    guard FileManager.default.fileExists(atPath: path.path) else {
      return RecordLines(file: path.path)
    }
    return try RecordCoding.decodeLines(type, from: path)
  }
}
