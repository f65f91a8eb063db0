import Distillation
import Foundation
import HuggingFace
import JSON
import Logging

/// The state of a progress report: the shown and the next line.
struct ProgressState {
  private let logger: Logger
  private let start = ContinuousClock.now
  /// Nil where lines are permanent.
  private var line: StatusLine?
  private var pace = ProgressPace(at: .zero)
  private var phase: RunEvent.Phase? = .reading
  /// The present work, in a line.
  private var present = RunEvent.Phase.reading.rawValue
  /// What of the present phase is done; nil where its line does not say so.
  private var done: Int?
  private var isFinished = false
  private var started: RunEvent.Start?
  /// The last held-out numbers, in words.
  private var heldOut: String?
  private var timeLeft = TimeLeft(totalSteps: 0)
  private var studyTime: TimeLeft?
  /// The present phase of a study; nil outside of one.
  private var studyPhase: StudyProgress.Phase?
  /// What follows a study.
  private var estimate: RunEstimate?
  /// Whether no other line was written since the estimate's.
  private var isEstimateLast = false
  private var lastConversations = 0
  private var lastStep = 0
  private var lastPlainStep = 0
  /// The last rollouts, in words.
  private var rollouts: String?

  init(logger: Logger, isQuiet: Bool) {
    self.logger = logger
    line = !isQuiet && StandardError.isTerminal ? StatusLine() : nil
  }

  private var now: Duration { ContinuousClock.now - start }

  /// Shows an event.
  mutating func show(_ event: RunEvent) {
    switch event {
    case .progress(let phase, let done, let total): show(phase, done, total)
    case .placed(let position, let missing): placed(position, missing)
    case .started(let beginning): begin(beginning)
    case .steps(let reports, _, let rate):
      for report in reports {
        logger.debug("step \(report.step): gradient norm \(report.gradientNorm)")
      }
      if let last = reports.last { step(last, tokensPerSecond: rate) }
    case .refreshed(let refresh):
      rollouts =
        "\(Counted(refresh.answers.count, "rollout")) at \(Format.rate(refresh.tokensPerSecond)) tokens/s"
      startPhase(nil)
      logger.debug(
        """
        before step \(refresh.step): \(rollouts ?? ""), \(refresh.tokens) in all, scored in \
        \(Decimals.text(refresh.scoreSeconds, 2)) s
        """)
    case .evaluated(let step, let found, let isBest):
      let text = found.crossEntropy == nil ? "held-out KL" : "held-out cross-entropy"
      heldOut = "\(text) \(Decimals.text(found.loss, 4))"
      // Without a context there is none to agree with.
      let agreement =
        started?.contextTokens == 0 ? "" : ", top-1 agreement \(Decimals.percent(found.agreement))"
      plain("step \(step): \(heldOut ?? "")\(agreement)" + (isBest ? ", the best so far" : ""))
    case .warning(let text):
      line?.clear()
      logger.warning("\(text)")
    case .estimated(let estimate): announce(estimate)
    case .studying(let progress): study(progress)
    case .sweeping(let progress):
      line?.clear()
      logger.info(
        "run \(progress.index + 1) of \(progress.count): \(progress.folder), from \(progress.start)"
      )
    case .checkpoint(let url):
      logger.debug("wrote \(url.path)")
    }
  }

  /// Called as time passes. Returns whether to call it again.
  mutating func tick() -> Bool {
    if isFinished { return false }
    if line != nil {
      line?.show(present)
    } else if pace.isDue(at: now) {
      plain(present, done: done)
    }
    return true
  }

  /// Another phase begins. Of the last one, its end is said where a line has said less.
  private mutating func startPhase(_ next: RunEvent.Phase?) {
    if let done, line == nil, pace.isEndDue(done: done) { plain(present, done: done) }
    phase = next
    done = nil
    pace.startPhase(at: now)
  }

  /// Removes the line.
  mutating func finish() {
    isFinished = true
    line?.clear()
  }

  private mutating func show(_ name: RunEvent.Phase, _ done: Int, _ total: Int) {
    // A phase may come again, with other numbers.
    if phase != name || done < self.done ?? 0 { startPhase(name) }
    self.done = done
    if line != nil {
      present = "\(name.rawValue)  \(Bar(done, of: total).text) \(name.unit)"
      line?.show(present)
    } else {
      present = "\(name.rawValue): \(done) of \(total) \(name.unit)"
      if pace.isDue(at: now) || done == total && pace.isEndDue(done: done) {
        plain(present, done: done)
      }
    }
  }

  /// Says how long the run will take, and keeps what follows the study. Where nothing was written
  /// since the last estimate, a second one says the same once more; else it corrects it.
  private mutating func announce(_ found: RunEstimate) {
    let earlier = estimate
    estimate = found
    guard !isEstimateLast else { return }
    line?.clear()
    logger.info("\(found.text(correcting: earlier))")
    pace.didWriteLine(at: now)
    isEstimateLast = line == nil
  }

  private mutating func study(_ progress: StudyProgress) {
    var time = studyTime ?? TimeLeft(totalSteps: progress.total)
    time.record(step: progress.conversations, at: now)
    let left = time.next(at: now)
    studyTime = time
    if phase != nil { startPhase(nil) }
    if studyPhase != progress.phase {
      if studyPhase == .questions, line == nil {
        // All of them are written.
        present = studyLine(.questions, progress, left: left)
        done = progress.questions
      }
      startPhase(nil)
      studyPhase = progress.phase
    }
    present = studyLine(progress.phase, progress, left: left)
    done = progress.phase == .questions ? progress.questions : nil
    if line != nil {
      line?.show(present)
    } else if pace.isDue(at: now) || progress.conversations != lastConversations {
      plain(present, done: done)
    }
    lastConversations = progress.conversations
  }

  /// How far a phase of a study is.
  private func studyLine(
    _ phase: StudyProgress.Phase, _ progress: StudyProgress, left: Double?
  ) -> String {
    var parts = ["\(Format.rate(progress.tokensPerSecond)) tokens/s"]
    if phase == .questions, progress.questions > 0 {
      parts.insert("\(Counted(progress.questions, "question"))", at: 0)
    }
    if progress.dropped > 0 { parts.append("\(progress.dropped) left out") }
    if let estimate {
      let share = Double(progress.conversations) / Double(max(progress.total, 1))
      let study = estimate.studySecondsLeft(done: share, byRate: left ?? 0)
      let all = Decimals.clock(study + estimate.secondsAfterStudy)
      parts.append("\(Decimals.clock(study)) left, about \(all) with the training")
    } else if let left {
      parts.append("\(Decimals.clock(left)) left")
    }
    let text = parts.joined(separator: "  ")
    let done = progress.conversations
    return line != nil
      ? "\(phase.rawValue)  \(Bar(done, of: progress.total).text)  \(text)"
      : "\(phase.rawValue): \(done) of \(Counted(progress.total, "conversation"))  \(text)"
  }

  private mutating func placed(_ position: ContextPosition?, _ missing: [String]) {
    line?.clear()
    if position == .firstUserMessage {
      logger.info(
        """
        the chat template has no system message: the context is put before the first user's \
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

  private mutating func begin(_ beginning: RunEvent.Start) {
    started = beginning
    startPhase(nil)
    timeLeft = TimeLeft(totalSteps: beginning.totalSteps)
    timeLeft.record(step: beginning.startStep, at: now)
    lastStep = beginning.startStep
    lastPlainStep = beginning.startStep
    present = "training: \(beginning.startStep) of \(Counted(beginning.totalSteps, "step"))"
    line?.clear()
    for text in beginning.lines { logger.info("\(text)") }
    pace.startPhase(at: now)
    pace.didWriteLine(at: now)
  }

  private mutating func step(_ report: StepReport, tokensPerSecond: Double) {
    guard let started else { return }
    timeLeft.record(step: report.step, at: now)
    lastStep = report.step
    let isPlainDue =
      report.step == started.totalSteps || (report.step - lastPlainStep) * 20 >= started.totalSteps
      || pace.isDue(at: now)
    var parts = ["loss \(Decimals.text(report.loss, 4))"]
    if let heldOut { parts.append(heldOut) }
    parts.append("\(Format.rate(tokensPerSecond)) tokens/s")
    if let rollouts { parts.append(rollouts) }
    if let left = timeLeft.next(at: now) { parts.append("\(Decimals.clock(left)) left") }
    let text = parts.joined(separator: "  ")
    if line != nil {
      present = "\(Bar(report.step, of: started.totalSteps).text)  \(text)"
      line?.show(present)
    } else {
      // Also where no line is due yet: the next may be due before the next step is done.
      present = "step \(report.step)/\(started.totalSteps)  \(text)"
      guard isPlainDue else { return }
      lastPlainStep = report.step
      plain(present)
    }
  }

  /// A permanent line, where no line is rewritten.
  private mutating func plain(_ text: String, done: Int? = nil) {
    guard line == nil else { return }
    logger.info("\(text)")
    pace.didWriteLine(at: now, done: done)
    isEstimateLast = false
  }
}
