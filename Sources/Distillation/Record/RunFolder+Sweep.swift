import Files
import Foundation

/// The folder of a sweep: it holds the folders of its runs, and the files of the one that is
/// delivered.
extension RunFolder {
  /// Prepares the folder for a sweep, and locks it.
  ///
  /// - Parameters:
  ///   - members: the names of its runs' folders.
  ///   - isReplaced: whether an earlier sweep or run in it is removed, except for these folders,
  ///     each of which its own run clears.
  func beginSweep(keeping members: [String], isReplaced: Bool) throws(DistillationError) {
    guard isWriting else { return }
    try claimNew()
    guard isReplaced else { return }
    try removeSweep(except: members)
    try clear()
  }

  /// Removes the runs of the sweep in the folder, where it holds one.
  ///
  /// - Parameter members: the names of folders that stay.
  func removeSweep(except members: [String] = []) throws(DistillationError) {
    guard isWriting, SweepRecord.exists(in: url) else { return }
    guard let sweep = try? SweepRecord.read(in: url) else {
      // Which runs are the sweep's is not known any more.
      let left = Self.sweptRuns(in: url).filter { !members.contains($0) }
      if !left.isEmpty {
        keptNotices.append(
          "\(url.path): \(SweepRecord.name) is damaged and names no runs, so "
            + "\(left.joined(separator: ", ").excerpt) \(left.count == 1 ? "stays" : "stay")")
      }
      return
    }
    for member in sweep.members where !members.contains(member.folder) {
      try removeRun(in: url.appending(path: member.folder))
    }
  }

  /// The names of the folders that hold runs of a sweep, by their names and what is in them.
  static func sweptRuns(in folder: URL) -> [String] {
    let kinds = ["tokens"] + TrainingOptions.Method.allCases.map(\.rawValue)
    return FileManager.default.names(in: folder).filter { name in
      let parts = name.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
      return parts.count == 2 && kinds.contains(parts[0])
        && Int(parts[1]).map(String.init) == parts[1]
        && isRun(folder.appending(path: name))
    }
  }

  /// Removes a sweep that has begun no run, and the folder where nothing else is in it.
  func withdrawSweep() throws(DistillationError) {
    guard isWriting else { return }
    try removeFiles()
    try writing { () throws(FileError) in
      if FileManager.default.names(in: url).isEmpty {
        try FileManager.default.removeIfPresent(url)
      }
    }
  }

  /// Removes the files of the run that was delivered before.
  func removeDelivered() throws(DistillationError) {
    guard isWriting else { return }
    try removeFiles(except: [SweepRecord.name])
  }

  /// Copies the files of a finished run into this folder, its numbers last.
  func deliver(_ run: URL) throws(DistillationError) {
    guard isWriting else { return }
    let others = [Self.page, Self.metrics, SweepRecord.name, WrittenFiles.name]
    let names = Self.files.filter { !others.contains($0) }
    for name in names + [Self.metrics] {
      let file = run.appending(path: name)
      guard FileManager.default.fileExists(atPath: file.path) else { continue }
      try write(RecordCoding.bytes(of: file), to: name)
    }
  }

  /// Removes the run in a folder, and the folder where nothing else is in it.
  private func removeRun(in folder: URL) throws(DistillationError) {
    let manager = FileManager.default
    guard manager.isFolder(folder) else { return }
    let run = try RunFolder(folder, mode: .overwrite)
    try run.begin()
    keptNotices += run.takeNotices()
    try writing { () throws(FileError) in
      try manager.removeIfPresent(folder.appending(path: Self.stepMetrics))
      if manager.names(in: folder).isEmpty { try manager.removeIfPresent(folder) }
    }
  }
}
