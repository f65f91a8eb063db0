internal import Inference
internal import Ranks
package import Transformer

/// What follows a step at once. Of several ranks all do what any of them wants, so that they stay
/// together.
private struct StepSequel: OptionSet {
  let rawValue: UInt8

  /// The losses are downloaded and reported.
  static let report = StepSequel(rawValue: 1)
  /// The training ends.
  static let stop = StepSequel(rawValue: 2)
}

/// The training loop: rollouts, steps, reports, held-out evaluations, and the selection of the best
/// prompt.
package final class TrainingLoop {
  package let distiller: Distiller
  private let judge: Judge?
  private let order: BatchOrder
  private let rollouts: Rollouts?
  private let schedule: LearningRateSchedule
  private let evaluateEvery: Int
  private let patience: Int?
  private let reportEvery: Int?
  private var state: TrainingState

  /// The target time between two reports.
  private static let reportInterval = Duration.milliseconds(250)

  /// - Parameters:
  ///   - distiller: the training steps.
  ///   - judge: compares prompts with the teacher; nil where nothing is held out.
  ///   - order: the order of the examples.
  ///   - rollouts: the student's own answers, those of the steps before `state` among them; nil
  ///     trains on the recorded answers alone.
  ///   - schedule: the learning rates.
  ///   - evaluateEvery: steps between two evaluations.
  ///   - patience: evaluations without a better prompt after which training stops; nil never stops
  ///     early.
  ///   - reportEvery: after each multiple of so many steps there is a report, with which the state
  ///     can be kept; nil leaves it to the time.
  ///   - state: the initial state, which is copied to the distiller; of several ranks all take the
  ///     first one's prompt, to the same bits on other processors too.
  /// - Throws: driver errors.
  package init(
    _ distiller: Distiller, judge: Judge?, order: BatchOrder, rollouts: Rollouts? = nil,
    schedule: LearningRateSchedule, evaluateEvery: Int, patience: Int?, reportEvery: Int? = nil,
    state: TrainingState
  ) throws(TransformerError) {
    self.distiller = distiller
    self.judge = judge
    self.order = order
    self.rollouts = rollouts
    self.schedule = schedule
    self.evaluateEvery = evaluateEvery
    self.patience = patience
    self.reportEvery = reportEvery
    self.state = state
    self.state.prompt.values = distiller.ranks.ofFirst(state.prompt.values)
    try distiller.restore(self.state.prompt, moments: state.moments)
  }

  /// The present state of the training. Waits for the device.
  ///
  /// - Throws: driver errors.
  package func currentState() throws(TransformerError) -> TrainingState {
    var state = state
    (state.prompt, state.moments) = try distiller.snapshot()
    if judge == nil {
      state.bestPrompt = state.prompt
      state.bestStep = state.step
    }
    return state
  }

  /// Trains until the schedule's last step, the end of the patience, or an interruption.
  ///
  /// Losses are downloaded a few times per second at most, so that a fast device is never idle.
  /// Between two reports at most as many steps are enqueued as the device does in a quarter of a
  /// second, by the time of the earlier ones, so that an interruption or a report does not wait
  /// long for enqueued steps.
  ///
  /// - Parameters:
  ///   - isInterrupted: called after every step, and while the student answers prompts; true on any
  ///     rank ends the training of all.
  ///   - progress: called while the student answers prompts and the teacher scores them, with the
  ///     phase, what of it is done, and its most.
  ///   - handle: called with the events; an error of it ends the training.
  package func run<Failure: Error>(
    isInterrupted: () -> Bool,
    progress: (RunEvent.Phase, Int, Int) -> Void = { _, _, _ in },
    handle: (TrainingEvent) throws(Failure) -> Void
  ) throws(Failure) -> Result<TrainingOutcome, TransformerError> {
    var lastReport = ContinuousClock.now
    var unreported = 0
    var stepsAhead = 1
    if isOutOfPatience { return .success(.outOfPatience) }
    // A start may be better than what training makes of it: a match, or a trained prompt.
    if state.step == 0, judge != nil {
      let found: (HeldOut, Bool)
      do throws(TransformerError) {
        found = try evaluate()
      } catch { return .failure(error) }
      try handle(.evaluated(step: 0, found.0, isBest: found.1))
      lastReport = ContinuousClock.now
    }
    while state.step < schedule.totalSteps {
      let step = state.step + 1
      if let rollouts, rollouts.isRefreshed(before: step) {
        let found: RolloutRefresh?
        do throws(TransformerError) {
          found = try rollouts.refresh(
            before: step, with: distiller.parameters, isInterrupted: isInterrupted,
            progress: progress)
        } catch { return .failure(error) }
        guard let found else { return .success(.interrupted) }
        try handle(.refreshed(found))
        lastReport = ContinuousClock.now
      }
      let batch = order.batch(step)
      do throws(TransformerError) {
        try distiller.step(
          step, examples: rollouts?.answers(step, to: batch) ?? batch,
          learningRate: schedule.rate(at: step))
      } catch { return .failure(error) }
      state.step = step
      unreported += 1
      let isEvaluated = judge != nil && (step % evaluateEvery == 0 || step == schedule.totalSteps)
      let isReported = reportEvery.map { step % $0 == 0 } ?? false
      // Losses are downloaded and checked before the present prompt answers others.
      let isBeforeRefresh = rollouts?.isRefreshed(before: step + 1) ?? false
      let elapsed = ContinuousClock.now - lastReport
      var wanted: StepSequel = isInterrupted() ? [.stop, .report] : []
      if isEvaluated || step == schedule.totalSteps || isReported || isBeforeRefresh
        || unreported >= stepsAhead || elapsed > Self.reportInterval
      {
        wanted.insert(.report)
      }
      let sequel = distiller.ranks.union(wanted)
      guard sequel.contains(.report) else { continue }

      let reports: [StepReport]
      do throws(TransformerError) {
        reports = try distiller.takeReports()
      } catch { return .failure(error) }
      let taken = (ContinuousClock.now - lastReport) / max(unreported, 1)
      unreported = 0
      stepsAhead = Int(
        max(1, min(Double(Distiller.reportCapacity), Self.reportInterval / taken)))
      try handle(.steps(reports, seconds: taken.inSeconds))
      if let bad = reports.first(where: { !$0.loss.isFinite || !$0.gradientNorm.isFinite }) {
        do throws(TransformerError) {
          try distiller.restoreLastFinite()
        } catch { return .failure(error) }
        return .success(.lossNotFinite(step: bad.step))
      }
      if isEvaluated {
        let found: (HeldOut, Bool)
        do throws(TransformerError) {
          found = try evaluate()
        } catch { return .failure(error) }
        try handle(.evaluated(step: step, found.0, isBest: found.1))
      }
      if sequel.contains(.stop) { return .success(.interrupted) }
      if isOutOfPatience { return .success(.outOfPatience) }
      lastReport = ContinuousClock.now
    }
    return .success(.finished)
  }

  /// Also checked at the start of a resumed training.
  private var isOutOfPatience: Bool {
    patience.map { state.evaluationsSinceBest >= $0 } ?? false
  }

  /// Compares the present prompt with the teacher and keeps it where it is the best so far.
  private func evaluate() throws(TransformerError) -> (HeldOut, Bool) {
    guard let judge else { preconditionFailure("nothing is held out") }
    let found = try distiller.evaluate(judge)
    let isBest = found.loss < state.best?.loss ?? .infinity
    if isBest {
      state.best = found
      state.bestPrompt = try distiller.snapshot().prompt
      state.bestStep = state.step
      state.evaluationsSinceBest = 0
    } else {
      state.evaluationsSinceBest += 1
    }
    return (found, isBest)
  }
}

extension Duration {
  /// The duration in seconds.
  package var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
