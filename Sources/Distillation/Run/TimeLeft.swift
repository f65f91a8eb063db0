import Foundation

/// An estimate of the time left of a training, from the time of its steps so far with the
/// evaluations between them.
///
/// Steps differ in length, and the first ones, an evaluation or another program on the machine make
/// some much longer than others. So the mean covers about a minute, and the shown time changes at
/// most by half between two displays, apart from the time that has passed.
package struct TimeLeft: Sendable {
  private let totalSteps: Int
  /// Sums of seconds and steps with decaying weights.
  private var (seconds, steps) = (0.0, 0.0)
  private var last: (step: Int, time: Duration)?
  private var shown: (seconds: Double, time: Duration)?

  /// The time constant of the mean, in seconds.
  private static let memory = 60.0
  /// The largest ratio between the estimated and the shown time.
  private static let largestChange = 1.5
  /// Below this many seconds jumps are allowed.
  private static let smallest = 2.0

  /// A training of this many steps.
  package init(totalSteps: Int) { self.totalSteps = totalSteps }

  /// The training has done `step` steps. The time before the first call is not counted.
  package mutating func record(step: Int, at now: Duration) {
    if let last {
      let passed = (now - last.time).inSeconds
      let kept = exp(-passed / Self.memory)
      seconds = seconds * kept + passed
      steps = steps * kept + Double(step - last.step)
    }
    last = (step, now)
  }

  /// The seconds to show; nil before the first step.
  package mutating func next(at now: Duration) -> Double? {
    guard let last, steps > 0 else { return nil }
    let found = Double(totalSteps - last.step) * seconds / steps
    guard let shown, last.step < totalSteps else {
      shown = (found, now)
      return found
    }
    let expected = shown.seconds - (now - shown.time).inSeconds
    let least = expected > Self.smallest ? expected / Self.largestChange : 0
    let most = max(expected, Self.smallest) * Self.largestChange
    let bounded = min(max(found, least), most)
    self.shown = (bounded, now)
    return bounded
  }
}
