import Files
import Foundation
import JSON

/// Records that cannot be read.
extension DistillationError {
  /// What has a record.
  package enum RecordedWork: Sendable, Equatable {
    case sweep, study
    /// A sweep of which the runs alone are there.
    case sweepRuns
    /// A run that has ended: its numbers.
    case run
    /// The state of a training, in this folder; whether an earlier one is there too.
    case checkpoint(String, hasEarlier: Bool)
  }

  /// The error about a record that cannot be read: a pointer of Git LFS says itself what to do
  /// about it.
  static func damaged(_ work: RecordedWork, _ error: DistillationError) -> DistillationError {
    if case .content(_, _, FileKind.gitLFSPointer.description) = error { return error }
    return .damagedRecord(of: work, "\(error)")
  }

  /// The error of a sweep's folder without its record, with these runs.
  static func sweepWithoutRecord(_ output: URL, runs: [String]) -> DistillationError {
    .damagedRecord(
      of: .sweepRuns,
      "\(output.path): expected \(SweepRecord.name), the record of its sweep, found the runs "
        + "\(runs.joined(separator: ", ").excerpt) alone")
  }
}
