import Files
import Foundation
import JSON
import Safetensors

/// Distinguishes the folder of a run from that of another program, whose files may have the same
/// names: PEFT writes `adapter_config.json`, and transformers' Trainer `checkpoint-N`.
extension RunFolder {
  /// Checks that the files that a run would overwrite or remove were written by a run.
  ///
  /// - Throws: for the first name that is not.
  func checkOrigin() throws(DistillationError) {
    let names = FileManager.default.names(in: url)
    let left = (try? WrittenFiles.read(in: url))?.leftCheckpoints ?? []
    let newest = mode == .resume ? newestCheckpoint()?.step ?? 0 : 0
    let others = names.filter {
      Self.stepCount($0) != nil && !isCheckpoint($0) && !left.contains($0)
    }
    // A run that goes on neither reads nor writes what is before its newest checkpoint.
    func isPast(_ name: String) -> Bool { Self.stepCount(name).map { $0 < newest } ?? false }
    for name in others.filter(isPast) {
      keptNotices.append(
        "\(url.appending(path: name).path): no checkpoint without its "
          + "\(TrainingCheckpoint.stateName); it stays as it is")
    }
    let foreign =
      others.first { !isPast($0) }
      ?? (hasTraces(names) ? nil : Self.files.first { names.contains($0) && !isEmptyLog($0) })
    guard let foreign else { return }
    if Self.stepCount(foreign) != nil, hasTraces(names) {
      throw .content(
        file: url.appending(path: foreign).path,
        expected: "a checkpoint of this run, with its \(TrainingCheckpoint.stateName)",
        found: "none; the run goes on without it once it is moved away")
    }
    throw .content(
      file: url.path,
      expected: "a run of Pith, with its checkpoint-N/state.json, \(Self.softPrompt), "
        + "\(Self.cartridge), \(Self.stepMetrics) or \(Self.answers)",
      found: "\(foreign), which no run has written")
  }

  /// Checks that no name of a run's file is a link that leads nowhere: nothing could be written
  /// there, which would be found when an earlier run is removed or the training is done.
  ///
  /// - Throws: for the first such link.
  func checkLinks() throws(DistillationError) {
    for name in Self.files {
      let file = url.appending(path: name)
      guard FileManager.default.isLink(file), !FileManager.default.fileExists(atPath: file.path)
      else { continue }
      try placingOutput { () throws(FileError) in _ = try OutputPath(file.path) }
    }
  }

  /// Whether a folder holds what a finished run delivers.
  static func hasResults(_ folder: URL) -> Bool {
    [metrics, softPrompt, cartridge].contains {
      FileManager.default.fileExists(atPath: folder.appending(path: $0).path)
    }
  }

  /// Whether there is a run, a sweep or the study of one, or what may be such.
  var holdsWork: Bool {
    let names = FileManager.default.names(in: url)
    let study = StudiedRun.file(in: url).lastPathComponent
    return !Self.sweptRuns(in: url).isEmpty
      || names.contains { name in
        Self.files.contains(name) || Self.stepCount(name) != nil || name == study
      }
  }

  /// Whether a folder holds a finished run, or the checkpoints of one.
  static func isRun(_ folder: URL) -> Bool {
    let state = newestCheckpoint(in: folder)?.url.appending(path: TrainingCheckpoint.stateName)
    return AdapterImport.ownFile(in: folder) != nil
      || state.map { FileManager.default.fileExists(atPath: $0.path) } ?? false
  }

  /// Whether one of these names is of a file that only a run writes.
  private func hasTraces(_ names: [String]) -> Bool {
    names.contains(where: isCheckpoint) || hasPrompt || hasStepRecord || hasAnswerRecord
      || hasEvaluationRecord || hasRolloutRecord || (try? SweepRecord.read(in: url)) != nil
      || (try? WrittenFiles.read(in: url)) != nil
  }

  /// Whether there is a prompt with the metadata of a run.
  private var hasPrompt: Bool {
    [Self.softPrompt, Self.cartridge].contains { name in
      let file = try? SafetensorsFile(contentsOf: url.appending(path: name))
      return [Adapter.modelFingerprintKey, Adapter.earlierFingerprintKey]
        .contains { file?.metadata[$0] != nil }
    }
  }

  /// Whether `metrics.jsonl` has the line of a step. A loss that is not finite is a text there, so
  /// only the names are compared.
  private var hasStepRecord: Bool {
    guard let line = firstLine(of: Self.stepMetrics),
      case .object(let record)? = try? JSON(parsing: Array(line))
    else { return false }
    return StepRecord.hasFields(Set(record.keys))
  }

  /// Whether `answers.jsonl` has an answer of a teacher.
  private var hasAnswerRecord: Bool {
    guard let line = firstLine(of: Self.answers) else { return false }
    return (try? RecordCoding.decode(AnswerRecord.self, from: Array(line), source: Self.answers))
      != nil
  }

  /// Whether `evaluations.jsonl` has the line of an evaluation.
  private var hasEvaluationRecord: Bool {
    guard let line = firstLine(of: Self.evaluations) else { return false }
    return
      (try? RecordCoding.decode(
        EvaluationRecord.self, from: Array(line), source: Self.evaluations)) != nil
  }

  /// Whether `rollouts.jsonl` has an answer of a student.
  private var hasRolloutRecord: Bool {
    guard let line = firstLine(of: Self.rollouts) else { return false }
    return
      (try? RecordCoding.decode(RolloutRecord.self, from: Array(line), source: Self.rollouts))
      != nil
  }

  /// Whether the file is an empty `metrics.jsonl`, `evaluations.jsonl` or `rollouts.jsonl`, which a
  /// run that failed before its first step leaves.
  private func isEmptyLog(_ name: String) -> Bool {
    [Self.stepMetrics, Self.evaluations, Self.rollouts].contains(name)
      && firstLine(of: name)?.isEmpty == true
  }

  private func firstLine(of name: String) -> Data? {
    let path = url.appending(path: name)
    guard SpecialFile(at: path.path) == nil else { return nil }
    let file = try? Data(contentsOf: path, options: .mappedIfSafe)
    return file?.prefix { $0 != UInt8(ascii: "\n") }
  }
}
