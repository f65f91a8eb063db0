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

  /// Whether a folder has a checkpoint of fewer steps.
  static func hasCheckpoint(before step: Int, in folder: URL) -> Bool {
    checkpointSteps(in: folder).contains { $0 < step }
  }

  /// Removes all checkpoints of a run except the newest `count`.
  ///
  /// - Throws: ``DistillationError/file(_:)`` when the system refuses;
  ///   ``DistillationError/content(file:expected:found:)`` where files.json is damaged.
  package func pruneCheckpoints(keeping count: Int) throws(DistillationError) {
    guard isWriting else { return }
    for step in checkpointSteps().dropLast(count) {
      try removeCheckpoint(step: step)
    }
  }

  /// Removes a checkpoint, where it exists. Where no more is in its folder, that is renamed first,
  /// so that a run that is killed leaves no partial checkpoint under its name. What no run has
  /// written there stays where it is.
  func removeCheckpoint(step: Int) throws(DistillationError) {
    let (manager, whole) = (FileManager.default, checkpoint(step: step))
    guard manager.fileExists(atPath: whole.path) else { return }
    guard !manager.isLink(whole) else {
      keptNotices.append("\(whole.path): a link, which is removed; the checkpoint behind it stays")
      return try writing { () throws(FileError) in try manager.removeIfPresent(whole) }
    }
    let own = TrainingCheckpoint.ownFiles(in: whole)
    let isOwnAlone = manager.names(in: whole).allSatisfy { name in
      own.contains { $0.name == name } || Self.isRemnant(name)
    }
    if isOwnAlone {
      let removed = whole.appendingPathExtension(Self.removedExtension)
      try writing { () throws(FileError) in
        try Self.removeFragment(removed)
        guard !manager.fileExists(atPath: removed.path) else { return }
        try manager.move(whole, to: removed)
        try Self.removeFragment(removed)
      }
      // Another folder of that name stands in the way.
      guard manager.fileExists(atPath: whole.path) else { return }
    }
    let folder = whole.lastPathComponent
    try noteLeft(folder, own: own)
    for name in TrainingCheckpoint.names { try remove("\(folder)/\(name)") }
    let isGone = try writing { () throws(FileError) -> Bool in
      try Self.removeRemains(in: whole)
      return try manager.removeIfEmpty(whole)
    }
    if !isGone {
      keptNotices.append(
        "\(whole.path): no checkpoint any more; files that no run has written stay in it")
    }
  }

  /// Looks at what stands where a checkpoint is to be written.
  ///
  /// - Returns: whether there is a folder with files of the user.
  func prepareFolder(ofCheckpoint step: Int) throws(DistillationError) -> Bool {
    let (manager, target) = (FileManager.default, checkpoint(step: step))
    guard manager.fileExists(atPath: target.path) else { return false }
    guard manager.isFolder(target) else {
      keptNotices.append(try KeptFile.keep(target))
      return false
    }
    let tensors = "\(target.lastPathComponent)/\(TrainingCheckpoint.tensorsName)"
    if manager.fileExists(atPath: url.appending(path: tensors).path) { try remove(tensors) }
    return true
  }

  /// Removes what a run that was killed has left of checkpoints.
  func removeFragments() throws(DistillationError) {
    for checkpoint in try writtenFiles().leftCheckpoints.sorted() where !isCheckpoint(checkpoint) {
      for name in TrainingCheckpoint.names {
        let file = "\(checkpoint)/\(name)"
        let digest = WrittenFiles.digest(of: url.appending(path: file))
        if let digest, try writtenFiles().contains(digest, of: file) { try remove(file) }
      }
    }
    let folders = [url] + checkpointSteps().map(checkpoint)
    try writing { () throws(FileError) in
      for name in FileManager.default.names(in: url) where Self.isFragment(name) {
        try Self.removeFragment(url.appending(path: name))
      }
      for folder in folders { try Self.removeRemains(in: folder) }
    }
  }

  /// Whether a name is of a checkpoint that was being written or removed when a run was killed.
  static func isFragment(_ name: String) -> Bool {
    [partialExtension, removedExtension].contains { part in
      name.hasSuffix(".\(part)") && stepCount(String(name.dropLast(part.count + 1))) != nil
    }
  }

  /// Removes a checkpoint that was being written or removed; files of the user in its folder stay.
  static func removeFragment(_ folder: URL) throws(FileError) {
    let manager = FileManager.default
    for name in manager.names(in: folder)
    where TrainingCheckpoint.names.contains(name) || isRemnant(name) {
      try manager.removeIfPresent(folder.appending(path: name))
    }
    if manager.isFolder(folder) { try manager.removeIfEmpty(folder) }
  }

  /// Whether a name is of a temporary file of a checkpoint.
  private static func isRemnant(_ name: String) -> Bool {
    TrainingCheckpoint.names.contains { AtomicFile.isTemporary(name, of: $0) }
  }

  /// Removes partial files of a killed run. Only a run, which holds the folder's lock, may do so.
  static func removeRemains(in folder: URL) throws(FileError) {
    let manager = FileManager.default
    for name in manager.names(in: folder)
    where isRemnant(name) || files.contains(where: { AtomicFile.isTemporary(name, of: $0) }) {
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

  static func isCheckpoint(_ name: String, in folder: URL) -> Bool {
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
