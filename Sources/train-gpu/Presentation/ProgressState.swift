import Distillation
import Foundation
import HuggingFace
import Logging

/// What a progress report has shown, and what it shows next.
struct ProgressState {
  private let logger: Logger
  private let start = ContinuousClock.now
  /// Nil where lines stay.
  private var line: StatusLine?
  private var pace = ProgressPace(at: .zero)
  private var phase: RunEvent.Phase? = .reading
  /// What is going on, in a line.
  private var present = RunEvent.Phase.reading.rawValue
  private var isFinished = false
  private var begun: RunEvent.Beginning?
  private var heldOut: Double?
  private var timeLeft = TimeLeft(totalSteps: 0)
  private var studyTime: TimeLeft?
  private var lastConversations = 0
  private var lastStep = 0
  private var lastPlainStep = 0

  init(logger: Logger, isQuiet: Bool) {
    self.logger = logger
    line = !isQuiet && StandardError.isTerminal ? StatusLine() : nil
  }

  private var now: Duration { ContinuousClock.now - start }

  /// Shows an event.
  mutating func show(_ event: RunEvent) {
    switch event {
    case .progress(let phase, let done, let total): show(phase, done, total)
    case .placed(let place, let missing): placed(place, missing)
    case .begun(let beginning): begin(beginning)
    case .steps(let reports, _, let rate):
      for report in reports {
        logger.debug("step \(report.step): gradient norm \(report.gradientNorm)")
      }
      if let last = reports.last { step(last, tokensPerSecond: rate) }
    case .evaluated(let step, let found, let isBest):
      heldOut = found.kl
      plain(
        "step \(step): held-out KL \(Format.number(found.kl, 4)), top-1 agreement "
          + Format.percent(found.agreement) + (isBest ? ", the best so far" : ""))
    case .warning(let text):
      line?.clear()
      logger.warning("\(text)")
    case .studying(let progress): study(progress)
    case .checkpoint(let url):
      logger.debug("wrote \(url.path)")
    }
  }

  /// Some time has passed. Whether more of it matters.
  mutating func tick() -> Bool {
    if isFinished { return false }
    if line != nil {
      line?.show(present)
    } else if pace.isDue(at: now) {
      plain(present)
    }
    return true
  }

  /// Takes the line away.
  mutating func finish() {
    isFinished = true
    line?.clear()
  }

  private mutating func show(_ name: RunEvent.Phase, _ done: Int, _ total: Int) {
    if phase != name {
      phase = name
      pace.enter(at: now)
    }
    if line != nil {
      present = "\(name.rawValue)  \(Bar(done, of: total).text) \(name.unit)"
      line?.show(present)
    } else {
      present = "\(name.rawValue): \(done) of \(total) \(name.unit)"
      if pace.isDue(at: now) { plain(present) }
    }
  }

  private mutating func study(_ progress: StudyProgress) {
    var time = studyTime ?? TimeLeft(totalSteps: progress.total)
    time.record(step: progress.conversations, at: now)
    let left = time.next(at: now)
    studyTime = time
    if phase != nil {
      phase = nil
      pace.enter(at: now)
    }
    var parts = ["\(Format.rate(progress.tokensPerSecond)) tokens/s"]
    if progress.dropped > 0 { parts.append("\(progress.dropped) left out") }
    if let left { parts.append("\(Format.clock(left)) left") }
    let text = parts.joined(separator: "  ")
    let done = progress.conversations
    if line != nil {
      present = "\(progress.phase.rawValue)  \(Bar(done, of: progress.total).text)  \(text)"
      line?.show(present)
    } else {
      present =
        "\(progress.phase.rawValue): \(done) of \(Counted(progress.total, "conversation"))  \(text)"
      if pace.isDue(at: now) || done != lastConversations { plain(present) }
    }
    lastConversations = done
  }

  private mutating func placed(_ place: ContextPlace?, _ missing: [String]) {
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

  private mutating func begin(_ beginning: RunEvent.Beginning) {
    begun = beginning
    phase = nil
    timeLeft = TimeLeft(totalSteps: beginning.totalSteps)
    timeLeft.record(step: beginning.startStep, at: now)
    lastStep = beginning.startStep
    lastPlainStep = beginning.startStep
    present = "training: \(beginning.startStep) of \(Counted(beginning.totalSteps, "step"))"
    line?.clear()
    for text in beginning.lines { logger.info("\(text)") }
    pace.enter(at: now)
    pace.said(at: now)
  }

  private mutating func step(_ report: StepReport, tokensPerSecond: Double) {
    guard let begun else { return }
    timeLeft.record(step: report.step, at: now)
    lastStep = report.step
    let isPlainDue =
      report.step == begun.totalSteps || (report.step - lastPlainStep) * 20 >= begun.totalSteps
      || pace.isDue(at: now)
    guard line != nil || isPlainDue else { return }
    var parts = ["loss \(Format.number(report.loss, 4))"]
    if let heldOut { parts.append("held-out KL \(Format.number(heldOut, 4))") }
    parts.append("\(Format.rate(tokensPerSecond)) tokens/s")
    if let left = timeLeft.next(at: now) { parts.append("\(Format.clock(left)) left") }
    let text = parts.joined(separator: "  ")
    if line != nil {
      present = "\(Bar(report.step, of: begun.totalSteps).text)  \(text)"
      line?.show(present)
    } else {
      lastPlainStep = report.step
      present = "step \(report.step)/\(begun.totalSteps)  \(text)"
      plain(present)
    }
  }

  /// A line that stays, where no line renews itself.
  private mutating func plain(_ text: String) {
    guard line == nil else { return }
    logger.info("\(text)")
    pace.said(at: now)
  }
}
