/// The trial of graphs: a small training step, whose time is that of its launches, is enqueued
/// command by command, then captured and replayed. Replays must have the same bits whatever the
/// step's inputs contain.
package final class GraphTrial {
  /// Its name among the kernels.
  package static let name = "graphs"
  /// Steps whose results are compared: enqueued, captured, and replayed several times.
  private static let rounds = 5

  private let device: Device
  let step: TrialStep
  private let runs: Int
  /// The commands of a step; tests have others.
  var commands: () throws(ComputeError) -> Void
  /// Seconds of a step, enqueued or replayed; tests have others.
  var seconds: Timer = { (_, run) throws(ComputeError) in
    let clock = ContinuousClock()
    let start = clock.now
    try run()
    return (clock.now - start) / .seconds(1)
  }

  typealias Timer = (
    _ isReplay: Bool, _ run: () throws(ComputeError) -> Void
  ) throws(ComputeError) -> Double

  /// - Parameters:
  ///   - device: opened without profiling, with the tuning of its kernels.
  ///   - sizes: the sizes of the step.
  ///   - layers: its number of layers.
  ///   - runs: timed runs of each kind; the median counts.
  /// - Throws: `.nothingToTune` for a device without graphs; allocation and driver errors.
  package init(
    _ device: Device, sizes: TrialSizes = .launches, layers: Int = 4, runs: Int = 9
  ) throws(ComputeError) {
    guard device.isCUDA else { throw .nothingToTune }
    let step = try TrialStep(device, sizes: sizes, layers: layers)
    self.device = device
    self.step = step
    self.runs = runs
    commands = { () throws(ComputeError) in try step.enqueue() }
  }

  /// Compares and times.
  ///
  /// - Throws: what enqueuing the step command by command throws.
  package func search() throws(ComputeError) -> TunedGraphs {
    let before = device.usesGraphs
    defer { device.usesGraphs = before }
    device.usesGraphs = false
    let counts = device.counts
    let expected = try results(commands)
    let taken = device.counts - counts
    device.usesGraphs = true
    let graphs = CommandGraphs<Int>(device)
    var found = TunedGraphs(
      trial: TunedGraphs.trial, commands: (taken.launches + taken.copies) / Self.rounds,
      enqueuedMicroseconds: 0)
    let replay = { [commands] () throws(ComputeError) in try graphs.run(0, commands) }
    do throws(ComputeError) {
      found.refusal = try refusal(replay, expected, graphs)
      if found.refusal == nil {
        (found.enqueuedMicroseconds, found.replayedMicroseconds) = try medians(replay)
        return found
      }
    } catch {
      let line = error.description.split(whereSeparator: \.isNewline).first.map(String.init)
      found.refusal = line ?? "failed"
    }
    device.usesGraphs = false
    found.enqueuedMicroseconds = try medians(nil).enqueued
    return found
  }

  /// The bits after each round, from the initial state and with each round's inputs.
  private func results(
    _ run: () throws(ComputeError) -> Void
  ) throws(ComputeError) -> [[UInt32]] {
    try step.reset()
    var found: [[UInt32]] = []
    for round in 0..<Self.rounds {
      try step.load(round)
      try run()
      found.append(try step.results())
    }
    return found
  }

  /// Why replays are wrong; nil if they are right.
  private func refusal(
    _ replay: () throws(ComputeError) -> Void, _ expected: [[UInt32]], _ graphs: CommandGraphs<Int>
  ) throws(ComputeError) -> String? {
    let before = device.counts
    let found = try results(replay)
    guard graphs.count == 1, (device.counts - before).graphLaunches == Self.rounds - 1 else {
      return "the commands of a step could not be captured"
    }
    let wrong = found.indices.first { found[$0] != expected[$0] }
    return wrong.map { "step \($0 + 1) has other bits than command by command" }
  }

  /// Median microseconds of the step both ways, in turns.
  private func medians(
    _ replay: (() throws(ComputeError) -> Void)?
  ) throws(ComputeError) -> (enqueued: Double, replayed: Double) {
    var (enqueued, replayed): ([Double], [Double]) = ([], [])
    for run in 0..<(runs + 1) {
      let direct = try time(isReplay: false, commands)
      let other = if let replay { try time(isReplay: true, replay) } else { 0.0 }
      // The first makes what later ones reuse.
      guard run > 0 else { continue }
      enqueued.append(direct)
      replayed.append(other)
    }
    return (enqueued.sorted()[runs / 2] * 1e6, replayed.sorted()[runs / 2] * 1e6)
  }

  private func time(
    isReplay: Bool, _ run: () throws(ComputeError) -> Void
  ) throws(ComputeError) -> Double {
    try device.synchronize()
    return try seconds(isReplay) { () throws(ComputeError) in
      try run()
      try device.synchronize()
    }
  }
}
