import Foundation

extension DistillationRun {
  /// Threads of the CPU path with which the run in a folder was begun; nil where that is not recorded, or there is no run. What
  /// is wrong with the run shows when it is resumed.
  package static func recordedThreads(in output: URL) -> Int? {
    guard let newest = RunFolder.newestCheckpoint(in: output) else { return nil }
    return try? TrainingCheckpoint.state(in: newest.url).threads
  }
}
