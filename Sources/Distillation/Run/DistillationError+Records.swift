/// Records that cannot be read.
extension DistillationError {
  /// What has a record.
  package enum RecordedWork: Sendable, Equatable {
    case sweep, study
    /// A run that has ended: its numbers.
    case run
    /// The state of a training, in this folder; whether an earlier one is there too.
    case checkpoint(String, hasEarlier: Bool)
  }

  /// The error about a record that cannot be read: a file of another kind says itself what to do
  /// about it.
  static func damaged(_ work: RecordedWork, _ error: DistillationError) -> DistillationError {
    if case .content(_, _, let found) = error, found.contains("; ") { return error }
    return .damagedRecord(of: work, "\(error)")
  }
}
