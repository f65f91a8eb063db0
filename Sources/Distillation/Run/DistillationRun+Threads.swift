import Foundation

extension DistillationRun {
  /// The recorded number of CPU threads of the run in a folder; nil where it is not recorded, or
  /// there is no run. Errors of the run are reported when it is resumed.
  package static func recordedThreads(in output: URL) -> Int? {
    guard let newest = RunFolder.newestCheckpoint(in: output) else { return nil }
    return try? TrainingCheckpoint.state(in: newest.url).threads
  }
}
