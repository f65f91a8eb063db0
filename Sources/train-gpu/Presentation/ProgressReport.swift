import Distillation
import Foundation
import HuggingFace
import Logging

/// Shows what happens: one line that renews itself on a terminal, plain lines elsewhere.
final class ProgressReport {
  private let logger: Logger
  private let line: StatusLine?
  private var begun: RunEvent.Beginning?
  private var phase: (name: RunEvent.Phase, begin: ContinuousClock.Instant, isSaid: Bool)?
  private var heldOut: Double?
  private var secondsPerStep: Double?
  private var lastPlainStep = 0
  /// How long a stretch of work has to take before a plain line says so.
  private static let worthALine = Duration.seconds(2)

  init(logger: Logger, isQuiet: Bool) {
    self.logger = logger
    line = !isQuiet && StandardError.isTerminal ? StatusLine() : nil
  }

  /// Shows an event.
  func show(_ event: RunEvent) {
    switch event {
    case .progress(let phase, let done, let total): show(phase, done, total)
    case .placed(let place, let missing): placed(place, missing)
    case .begun(let beginning): begin(beginning)
    case .steps(let reports, let seconds, let rate):
      secondsPerStep = secondsPerStep.map { 0.7 * $0 + 0.3 * seconds } ?? seconds
      for report in reports {
        logger.debug("step \(report.step): gradient norm \(report.gradientNorm)")
      }
      if let last = reports.last { step(last, tokensPerSecond: rate) }
    case .evaluated(let step, let found, let isBest):
      heldOut = found.kl
      plain(
        "step \(step): held-out KL \(Format.number(found.kl, 4)), top-1 agreement "
          + Format.percent(found.agreement) + (isBest ? ", the best so far" : ""))
    case .checkpoint(let url):
      logger.debug("wrote \(url.path)")
    }
  }

  /// Takes the line away.
  func finish() { line?.clear() }

  private func show(_ name: RunEvent.Phase, _ done: Int, _ total: Int) {
    if let line {
      line.show("\(name.rawValue)  \(Bar(done, of: total).text)")
      return
    }
    if phase?.name != name { phase = (name, .now, false) }
    guard let begun = phase, !begun.isSaid, .now - begun.begin >= Self.worthALine else { return }
    phase?.isSaid = true
    plain("\(name.rawValue): \(done) of \(total)")
  }

  private func placed(_ place: ContextPlace?, _ missing: [String]) {
    line?.clear()
    if place == .firstUserMessage {
      logger.info(
        """
        the chat template has no system message: the context stands in front of the first user's \
        message
        """)
    }
    if !missing.isEmpty {
      logger.warning(
        """
        the chat template writes \(missing.joined(separator: ", ")), which the model's tokenizer \
        does not have: the model was trained with another template
        """)
    }
  }

  private func begin(_ beginning: RunEvent.Beginning) {
    begun = beginning
    line?.clear()
    logger.info(
      """
      \(beginning.pseudoTokens) pseudo-tokens for a context of \(beginning.contextTokens) tokens; \
      \(beginning.trainingExamples) examples of \(beginning.responseTokens) response tokens, \
      \(beginning.validationExamples) held out
      """)
    if beginning.cutAnswers > 0 {
      logger.info(
        """
        \(beginning.cutAnswers) of the teacher's \(beginning.teacherAnswers) answers were cut by \
        --response-tokens before their end
        """)
    }
    logger.info(
      """
      teacher cache: \(beginning.teacherCache), \
      \(Format.number(Double(beginning.teacherCacheBytes) / 1_048_576, 1)) MiB; \
      learning rate \(Format.number(Double(beginning.peakLearningRate), 4))
      """)
    if let error = beginning.activationRoundingError {
      logger.info(
        """
        activations are rounded to bf16 in training steps: the model's logits change by up to \
        \(Format.scientific(error)) of the largest
        """)
    }
    if beginning.startStep > 0 {
      let changes = beginning.changes.map { "; \($0.after) in the place of \($0.before)" }
      logger.info("resumed after step \(beginning.startStep)\(changes.joined())")
    }
    lastPlainStep = beginning.startStep
  }

  private func step(_ report: StepReport, tokensPerSecond: Double) {
    guard let begun else { return }
    let left = Double(begun.totalSteps - report.step) * (secondsPerStep ?? 0)
    var parts = ["loss \(Format.number(report.loss, 4))"]
    if let heldOut { parts.append("held-out KL \(Format.number(heldOut, 4))") }
    parts.append("\(Format.rate(tokensPerSecond)) tokens/s")
    parts.append("\(Format.clock(left)) left")
    let text = parts.joined(separator: "  ")
    if let line {
      line.show("\(Bar(report.step, of: begun.totalSteps).text)  \(text)")
    } else if report.step == begun.totalSteps
      || (report.step - lastPlainStep) * 20 >= begun.totalSteps
    {
      lastPlainStep = report.step
      plain("step \(report.step)/\(begun.totalSteps)  \(text)")
    }
  }

  /// A line that stays; on a terminal the status line makes room for it.
  private func plain(_ text: String) {
    guard line == nil else { return }
    logger.info("\(text)")
  }
}
