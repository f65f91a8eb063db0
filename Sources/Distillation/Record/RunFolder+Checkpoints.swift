import Files
import Foundation

extension RunFolder {
  private static let checkpointPrefix = "checkpoint-"
  /// Extension of a checkpoint that is being written.
  static let partialExtension = "partial"
  /// Extension of a checkpoint that is being removed.
  private static let removedExtension = "removed"

  /// The folder of the checkpoint after `step` steps.
  package func checkpoint(step: Int) -> URL { Self.checkpoint(step: step, in: url) }

  private static func checkpoint(step: Int, in folder: URL) -> URL {
    folder.appending(path: "\(checkpointPrefix)\(step)")
  }

  /// The checkpoint with the most steps, or nil.
  package func newestCheckpoint() -> (step: Int, url: URL)? { Self.newestCheckpoint(in: url) }

  /// The checkpoint with the most steps in a folder that may be unclaimed, or nil.
  static func newestCheckpoint(in folder: URL) -> (step: Int, url: URL)? {
    checkpointSteps(in: folder).last.map { ($0, checkpoint(step: $0, in: folder)) }
  }

  /// Removes all checkpoints of a run except the newest `count`.
  package func pruneCheckpoints(keeping count: Int) throws(DistillationError) {
    guard isWriting else { return }
    for step in checkpointSteps().dropLast(count) {
      try writing { () throws(FileError) in try removeCheckpoint(step: step) }
    }
  }

  /// Removes a checkpoint, where it exists. It is renamed first, so that a run that is killed
  /// leaves no partial checkpoint under its name.
  func removeCheckpoint(step: Int) throws(FileError) {
    let (manager, whole) = (FileManager.default, checkpoint(step: step))
    guard manager.fileExists(atPath: whole.path) else { return }
    let removed = whole.appendingPathExtension(Self.removedExtension)
    try manager.removeIfPresent(removed)
    try manager.move(whole, to: removed)
    try manager.removeIfPresent(removed)
  }

  /// Whether a name is of a checkpoint that was being written or removed when a run was killed.
  static func isFragment(_ name: String) -> Bool {
    [partialExtension, removedExtension].contains { part in
      name.hasSuffix(".\(part)") && stepCount(String(name.dropLast(part.count + 1))) != nil
    }
  }

  /// Removes partial files of a killed run. Only a run, which holds the folder's lock, may do so.
  static func removeRemains(in folder: URL) throws(FileError) {
    let manager = FileManager.default
    let names = files + [TrainingCheckpoint.stateName, TrainingCheckpoint.tensorsName]
    for name in manager.names(in: folder)
    where names.contains(where: { AtomicFile.isTemporary(name, of: $0) }) {
      try manager.removeIfPresent(folder.appending(path: name))
    }
  }

  func checkpointSteps() -> [Int] { Self.checkpointSteps(in: url) }

  private static func checkpointSteps(in folder: URL) -> [Int] {
    FileManager.default.names(in: folder).filter { isCheckpoint($0, in: folder) }
      .compactMap(stepCount).sorted()
  }

  /// Whether the folder of this name is a run's checkpoint: other trainers use the name
  /// `checkpoint-N` too, but have no `state.json` in it.
  func isCheckpoint(_ name: String) -> Bool { Self.isCheckpoint(name, in: url) }

  private static func isCheckpoint(_ name: String, in folder: URL) -> Bool {
    let state = folder.appending(path: name).appending(path: TrainingCheckpoint.stateName)
    return stepCount(name) != nil && FileManager.default.fileExists(atPath: state.path)
  }

  /// N of `checkpoint-N`, in the format of ``checkpoint(step:)``: digits without a sign or leading
  /// zeros.
  static func stepCount(_ name: String) -> Int? {
    guard name.hasPrefix(checkpointPrefix) else { return nil }
    let digits = name.dropFirst(checkpointPrefix.count)
    guard let step = Int(digits), step >= 0, String(step) == digits else { return nil }
    return step
  }
}
