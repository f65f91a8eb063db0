import Foundation
import Safetensors

extension RunFolder {
  private static let checkpointPrefix = "checkpoint-"
  /// Of a checkpoint that is being written.
  static let partialExtension = "partial"
  /// Of a checkpoint that is being removed.
  private static let removedExtension = "removed"

  /// The folder of the checkpoint after `step` steps.
  package func checkpoint(step: Int) -> URL {
    url.appending(path: "\(Self.checkpointPrefix)\(step)")
  }

  /// The checkpoint with the most steps, or nil.
  package func newestCheckpoint() -> (step: Int, url: URL)? {
    checkpointSteps().last.map { ($0, checkpoint(step: $0)) }
  }

  /// Removes all checkpoints of a run but the newest `count`.
  package func pruneCheckpoints(keeping count: Int) throws(DistillationError) {
    for step in checkpointSteps().dropLast(count) {
      try writing { () throws(FileError) in try removeCheckpoint(step: step) }
    }
  }

  /// Removes a checkpoint, if it is there. It loses its name first, so that a run that is ended
  /// meanwhile leaves no half of one under it.
  func removeCheckpoint(step: Int) throws(FileError) {
    let (manager, whole) = (FileManager.default, checkpoint(step: step))
    guard manager.fileExists(atPath: whole.path) else { return }
    let removed = whole.appendingPathExtension(Self.removedExtension)
    try manager.removeIfPresent(removed)
    try manager.move(whole, to: removed)
    try manager.removeIfPresent(removed)
  }

  /// Whether a name is of a checkpoint that was not yet, or no longer, whole when a run was ended.
  static func isFragment(_ name: String) -> Bool {
    [partialExtension, removedExtension].contains { part in
      name.hasSuffix(".\(part)") && stepCount(String(name.dropLast(part.count + 1))) != nil
    }
  }

  func checkpointSteps() -> [Int] {
    FileManager.default.names(in: url).filter(isCheckpoint).compactMap(Self.stepCount).sorted()
  }

  /// Whether the folder of this name is a run's checkpoint: other trainers call theirs
  /// `checkpoint-N` too, but keep no `state.json` in it.
  func isCheckpoint(_ name: String) -> Bool {
    let state = url.appending(path: name).appending(path: TrainingCheckpoint.stateName)
    return Self.stepCount(name) != nil && FileManager.default.fileExists(atPath: state.path)
  }

  /// N of `checkpoint-N`, written as ``checkpoint(step:)`` writes it: digits without a sign or leading
  /// zeros.
  static func stepCount(_ name: String) -> Int? {
    guard name.hasPrefix(checkpointPrefix) else { return nil }
    let digits = name.dropFirst(checkpointPrefix.count)
    guard let step = Int(digits), step >= 0, String(step) == digits else { return nil }
    return step
  }
}
