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
  package func evaluationRecords() throws(DistillationError) -> [EvaluationRecord] {
    try records(EvaluationRecord.self, of: Self.evaluations)
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
    guard isWriting else { return }
    try checkNotMoved()
    let line = try RecordCoding.lines(of: [record])
    let path = url.appending(path: name)
    try writing { () throws(FileError) in
      do {
        let file = try handle(of: name)
        try file.write(contentsOf: line)
      } catch {
        throw FileError(
          path: path.path, action: "write", reason: (error as NSError).localizedDescription)
      }
    }
  }

  /// The lines of a file of the folder; none where there is no such file. An incomplete last line, of
  /// a killed run, is left out.
  ///
  /// - Throws: when it cannot be read, or a line of it is no record.
  func records<Record: Decodable>(
    _ type: Record.Type, of name: String
  ) throws(DistillationError) -> [Record] {
    try Self.records(type, of: name, in: url)
  }

  /// The same of a folder that may be unclaimed.
  static func records<Record: Decodable>(
    _ type: Record.Type, of name: String, in folder: URL
  ) throws(DistillationError) -> [Record] {
    let path = folder.appending(path: name)
    guard FileManager.default.fileExists(atPath: path.path) else { return [] }
    return try RecordCoding.decodeLines(type, from: path)
  }
}
