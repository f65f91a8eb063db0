import Foundation
internal import Transformer

/// Writes down what a training does while it runs: a line for every step, and checkpoints.
final class TrainingRecorder {
  private let run: RunFolder
  private let request: RunRequest
  private let fingerprints: RunFingerprints
  private let templateClock: String?
  private let threads: Int?
  private let reading: InputReading
  private let changes: [OptionChange]
  private let hasValidation: Bool
  private let totalSteps: Int
  private let earlierSeconds: Double
  private let begin = ContinuousClock.now
  private var lastSaved: Int
  /// Tokens that a step reads.
  private let tokens: (Int) -> Int

  /// Checkpoints that stay.
  private static let kept = 2

  init(
    _ run: RunFolder, request: RunRequest, texts: RunTexts, changes: [OptionChange],
    totalSteps: Int, startStep: Int, earlierSeconds: Double, threads: Int?,
    tokens: @escaping (Int) -> Int
  ) {
    self.run = run
    self.request = request
    fingerprints = texts.fingerprints
    templateClock = texts.conditioning.template.wallClock
    reading = texts.reading
    self.threads = threads
    self.changes = changes
    hasValidation = !texts.validation.isEmpty
    self.totalSteps = totalSteps
    self.earlierSeconds = earlierSeconds
    self.tokens = tokens
    lastSaved = startStep
  }

  /// Seconds of training, those before a resume included.
  var trainSeconds: Double { earlierSeconds + (ContinuousClock.now - begin).inSeconds }

  /// Tokens over the time of steps alone.
  func tokensPerSecond(of steps: [StepRecord]) -> Double {
    let seconds = steps.reduce(0) { $0 + $1.seconds }
    return seconds > 0 ? Double(steps.reduce(0) { $0 + tokens($1.step) }) / seconds : 0
  }

  /// Adds the lines of steps, and says how many tokens a second they read.
  func record(_ reports: [StepReport], seconds: Double) throws(DistillationError) -> Double {
    let read = reports.reduce(0) { $0 + tokens($1.step) }
    for report in reports {
      try run.append(
        StepRecord(
          step: report.step, loss: report.loss,
          kl: request.options.loss == .forwardKL ? report.loss : nil,
          learningRate: report.learningRate, gradientNorm: report.gradientNorm,
          seconds: seconds))
    }
    return seconds > 0 ? Double(read) / (seconds * Double(max(reports.count, 1))) : 0
  }

  /// Whether a checkpoint is to be written after the step, once all that belongs to the step is done:
  /// where an evaluation follows, that comes first, so that a resumed run knows of it.
  func isDue(after step: Int, isEvaluated: Bool) -> Bool {
    let evaluationFollows =
      hasValidation && !isEvaluated
      && (step % request.options.evaluateEvery == 0 || step == totalSteps)
    return !evaluationFollows && step - lastSaved >= request.checkpointEvery
  }

  /// Writes a checkpoint and removes those that are no longer needed.
  func save(_ state: TrainingState) throws(DistillationError) -> URL {
    let checkpoint = TrainingCheckpoint(
      state: .init(
        step: state.step, bestStep: state.bestStep, best: state.best,
        evaluationsSinceBest: state.evaluationsSinceBest, trainSeconds: trainSeconds,
        options: request.options, changes: changes.isEmpty ? nil : changes,
        fingerprints: fingerprints, templateClock: templateClock, threads: threads,
        reading: reading),
      prompt: state.prompt, moments: state.moments, best: state.bestPrompt)
    let url = try checkpoint.write(to: run)
    lastSaved = state.step
    try run.pruneCheckpoints(keeping: Self.kept)
    return url
  }
}

extension TrainingState {
  /// Where a checkpoint stood.
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
