/// Whether steps of a device are captured as CUDA graphs and replayed, and the trial that says so.
package struct TunedGraphs: Codable, Sendable, Equatable {
  /// The form of the trial and of what it tries: a record of another one is out of date.
  package var trial: Int
  /// Kernels, copies and fills of the trial's step.
  package var commands: Int
  /// Medians of the step's time by the clock.
  package var enqueuedMicroseconds: Double
  /// Nil where replays were refused.
  package var replayedMicroseconds: Double?
  /// Why replays were refused: they failed, or gave another result.
  package var refusal: String?

  /// The present form.
  static let trial = 1

  private enum CodingKeys: String, CodingKey {
    case trial, commands
    case enqueuedMicroseconds = "enqueued_microseconds"
    case replayedMicroseconds = "replayed_microseconds"
    case refusal = "refused"
  }

  /// Whether the trial is the present one.
  var isValid: Bool { trial == Self.trial }

  /// Whether replays are right, and faster by `Tuner.smallestGain`.
  package var areUsed: Bool {
    guard isValid, refusal == nil, let replayedMicroseconds else { return false }
    return replayedMicroseconds < enqueuedMicroseconds * (1 - Tuner.smallestGain)
  }
}
