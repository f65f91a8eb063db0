internal import Compute
import Foundation
internal import Transformer

/// Records a training: a line per step, answers of the student, and checkpoints.
final class TrainingRecorder {
  private let run: RunFolder
  private let request: RunRequest
  private let texts: RunTexts
  private let device: Device
  private let ranks: Int
  private let changes: [OptionChange]
  private let totalSteps: Int
  private let earlierSeconds: Double
  private let begin = ContinuousClock.now
  private let peakRates: PeakRates
  private let startDigest: String?
  private let tokens: StepTokens
  private let teacherCache: TeacherCacheKind
  /// The student's answers so far, those before a resume among them.
  private(set) var rollouts: RolloutTotals

  /// TensorBoard's events; nil where they are not requested.
  private let events: TensorBoardFile?

  /// Number of checkpoints that are kept.
  private static let kept = 2

  init(
    _ run: RunFolder, request: RunRequest, texts: RunTexts, changes: [OptionChange],
    totalSteps: Int, earlierSeconds: Double, device: Device, ranks: Int, peakRates: PeakRates,
    startDigest: String?,
    tokens: StepTokens, teacherCache: TeacherCacheKind, rollouts: RolloutTotals, startStep: Int
  ) throws(DistillationError) {
    self.run = run
    self.request = request
    self.texts = texts
    self.device = device
    self.ranks = ranks
    self.changes = changes
    self.totalSteps = totalSteps
    self.earlierSeconds = earlierSeconds
    self.peakRates = peakRates
    self.startDigest = startDigest
    self.tokens = tokens
    self.teacherCache = teacherCache
    self.rollouts = rollouts
    events =
      request.writesEvents && run.isWriting
      ? try TensorBoardFile(
        in: run.events,
        continuingFrom: request.mode == .resume ? startStep + 1 : nil) : nil
  }

  /// Seconds of training, including those before a resume.
  var trainSeconds: Double { earlierSeconds + (ContinuousClock.now - begin).inSeconds }

  /// Tokens per second, over the time of the steps alone.
  func tokensPerSecond(of steps: [StepRecord]) -> Double {
    let seconds = steps.reduce(0) { $0 + $1.seconds }
    return seconds > 0 ? Double(steps.reduce(0) { $0 + tokens.count($1) }) / seconds : 0
  }

  /// Adds the lines of steps, and returns their tokens per second.
  func record(_ reports: [StepReport], seconds: Double) throws(DistillationError) -> Double {
    let read = reports.reduce(0) { $0 + tokens.count($1) }
    let hasRollouts = request.options.rollouts > 0
    for report in reports {
      let line = StepRecord(
        step: report.step, loss: report.loss,
        kl: request.options.isPlainKL ? report.loss : nil,
        learningRate: report.learningRate, keyValueRates: keyValueRates(report.learningRate),
        gradientNorm: report.gradientNorm, seconds: seconds,
        rollouts: hasRollouts ? report.rollouts : nil,
        tokens: hasRollouts ? tokens.count(report) : nil)
      try run.append(line)
      try events?.append(line)
    }
    return seconds > 0 ? Double(read) / (seconds * Double(max(reports.count, 1))) : 0
  }

  /// Adds the lines of the student's answers.
  func record(_ refresh: RolloutRefresh) throws(DistillationError) {
    let conditioning = texts.conditioning
    var records: [RolloutRecord] = []
    for (prompt, answer) in zip(refresh.prompts, refresh.answers) {
      let example = texts.training[prompt]
      records.append(
        RolloutRecord(
          step: refresh.step, file: example.file, line: example.line, answer: answer,
          text: try conditioning.text(of: answer),
          isCut: !(answer.last.map(conditioning.stopIdentifiers.contains) ?? false)))
    }
    try run.append(records)
    try rollouts.add(records)
  }

  /// Adds the line of an evaluation.
  func record(_ evaluation: EvaluationRecord) throws(DistillationError) {
    try run.append(evaluation)
    try events?.append(evaluation)
  }

  /// The rates of a step whose rate of values is `rate`; nil where there are no keys and values.
  private func keyValueRates(_ rate: Float) -> KeyValueRates? {
    let factors = peakRates.factors
    guard factors.count == 2 else { return nil }
    return KeyValueRates(
      keys: Float(Double(rate) * factors[0]), values: Float(Double(rate) * factors[1]))
  }

  /// Whether a checkpoint is due after the step. Where an evaluation follows, the checkpoint comes
  /// after it, so that a resumed run knows its result. The last step's is written with the results.
  func isDue(after step: Int, isEvaluated: Bool) -> Bool {
    let evaluationFollows =
      !texts.validation.isEmpty && !isEvaluated
      && (step % request.options.evaluateEvery == 0 || step == totalSteps)
    return !evaluationFollows && step > 0 && step < totalSteps
      && step % request.checkpointEvery == 0
  }

  /// Writes a checkpoint and removes those that are no longer needed.
  func save(_ state: TrainingState) throws(DistillationError) -> URL {
    let checkpoint = TrainingCheckpoint(
      state: .init(
        step: state.step, bestStep: state.bestStep, best: state.best,
        evaluationsSinceBest: state.evaluationsSinceBest, trainSeconds: trainSeconds,
        options: request.options, changes: changes.isEmpty ? nil : changes,
        fingerprints: texts.fingerprints, startDigest: startDigest,
        templateClock: texts.conditioning.template.wallClock,
        threads: device.threads, instructions: device.cpuVariant?.rawValue,
        ranks: ranks > 1 ? ranks : nil, peakRates: peakRates, reading: texts.reading,
        price: request.price,
        rolloutsDigest: request.options.rollouts > 0 ? rollouts.digest : nil,
        teacherCache: teacherCache),
      prompt: state.prompt, moments: state.moments, best: state.bestPrompt)
    let url = try checkpoint.write(to: run)
    try run.recordLogs(isGrowing: true)
    try run.pruneCheckpoints(keeping: Self.kept)
    return url
  }
}

extension TrainingState {
  /// The state of a checkpoint.
  init(_ checkpoint: TrainingCheckpoint) {
    self.init(prompt: checkpoint.prompt)
    step = checkpoint.state.step
    moments = checkpoint.moments
    bestPrompt = checkpoint.best
    bestStep = checkpoint.state.bestStep
    best = checkpoint.state.best
    evaluationsSinceBest = checkpoint.state.evaluationsSinceBest
  }
}
