import Foundation

/// The run of a sweep that begins.
package struct SweepProgress: Sendable, Equatable {
  /// Its index, from 0, among so many.
  package var index: Int
  package var count: Int
  /// The name of its folder.
  package var folder: String
  /// Where its training starts, and why.
  package var start: String
}

/// The result of a sweep.
package struct SweepResult: Sendable {
  /// The folder of all.
  package var output: URL
  /// What was found.
  package var record: SweepRecord
  /// The numbers of each run.
  package var metrics: [RunMetrics]
}

/// The outcome of a sweep.
package enum SweepOutcome: Sendable {
  /// All runs are judged. None is delivered where none is within the budget.
  case finished(SweepResult)
  /// The user stopped it; it can be resumed in this folder.
  case interrupted(URL)
}

extension Sweep {
  /// Whether a path is that of a sweep's own report.
  package static func isPage(_ url: URL) -> Bool {
    let record = url.deletingLastPathComponent().appending(path: SweepRecord.name)
    return url.lastPathComponent == RunFolder.page
      && FileManager.default.fileExists(atPath: record.path)
  }

  /// Threads of the CPU path with which the sweep in a folder was begun by as many ranks; nil where
  /// that is not known.
  package static func recordedThreads(in output: URL, ranks: Int = 1) -> Int? {
    guard let record = try? SweepRecord.read(in: output) else { return nil }
    return record.members.lazy.compactMap { member in
      DistillationRun.recordedThreads(
        in: output.appending(path: member.folder), ranks: ranks)
    }.first
  }
}
