import Files
import Foundation

/// The folder of a sweep: it holds the folders of its runs, and the files of the one that is delivered.
extension RunFolder {
  /// Prepares the folder for a sweep, and locks it.
  ///
  /// - Parameters:
  ///   - members: the names of its runs' folders.
  ///   - isReplaced: whether an earlier sweep or run in it is removed, except for these folders, each
  ///     of which its own run clears.
  func beginSweep(keeping members: [String], isReplaced: Bool) throws(DistillationError) {
    try claimNew()
    guard isReplaced else { return }
    let earlier =
      SweepRecord.exists(in: url) ? try SweepRecord.read(in: url).members.map(\.folder) : []
    for name in earlier where !members.contains(name) {
      try Self.removeRun(in: url.appending(path: name))
    }
    try removeDelivered()
    try writing { () throws(FileError) in
      for step in checkpointSteps() { try removeCheckpoint(step: step) }
      try TensorBoardFile.removeAll(in: events)
      try FileManager.default.removeIfPresent(url.appending(path: SweepRecord.name))
    }
  }

  /// Removes the files of the run that was delivered before.
  func removeDelivered() throws(DistillationError) {
    try writing { () throws(FileError) in
      for name in Self.files where name != SweepRecord.name {
        try FileManager.default.removeIfPresent(url.appending(path: name))
      }
    }
  }

  /// Copies the files of a finished run into this folder, its numbers last.
  func deliver(_ run: URL) throws(DistillationError) {
    let names = Self.files.filter { ![Self.page, Self.metrics, SweepRecord.name].contains($0) }
    for name in names + [Self.metrics] {
      let file = run.appending(path: name)
      guard FileManager.default.fileExists(atPath: file.path) else { continue }
      guard let bytes = try? Data(contentsOf: file, options: .mappedIfSafe) else {
        throw .content(file: file.path, expected: "a file of the run", found: "none to be read")
      }
      try write([UInt8](bytes), to: name)
    }
  }

  /// Removes the run in a folder, and the folder where nothing else is in it.
  private static func removeRun(in folder: URL) throws(DistillationError) {
    let manager = FileManager.default
    guard manager.isFolder(folder) else { return }
    let run = try RunFolder(folder, mode: .overwrite)
    try run.begin()
    try writing { () throws(FileError) in
      try manager.removeIfPresent(folder.appending(path: stepMetrics))
      if manager.names(in: folder).isEmpty { try manager.removeIfPresent(folder) }
    }
  }
}
