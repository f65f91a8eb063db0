import Distillation
import JSON
import Logging

/// The progress of a search: one line that is rewritten in place on a terminal; elsewhere a line
/// where a kernel begins, and now and then one while it continues.
struct TuneProgress {
  private let logger: Logger
  private let total: Int
  private let start = ContinuousClock.now
  /// Nil where lines are permanent.
  private var line: StatusLine?
  private var pace = ProgressPace(at: .zero)
  /// The present kernel, counted from 1, with its name and number of candidates.
  private var kernel = 0
  private var name = ""
  private var candidates = 0
  private var tried = 0

  /// - Parameter total: the kernels of the search.
  init(of total: Int, logger: Logger, isQuiet: Bool) {
    self.total = total
    self.logger = logger
    line = !isQuiet && StandardError.isTerminal ? StatusLine() : nil
  }

  private var now: Duration { ContinuousClock.now - start }
  private var place: String { "\(kernel)/\(total) \(name)" }

  /// The next kernel begins.
  ///
  /// - Parameter candidates: how many it has; 0 where they are not told apart.
  mutating func begin(_ name: String, candidates: Int) {
    kernel += 1
    self.name = name
    self.candidates = candidates
    tried = 0
    pace.startPhase(at: now)
    let work = candidates > 0 ? "\(Counted(candidates, "candidate"))" : "a step and its replays"
    if line != nil {
      show(work)
    } else {
      write("\(place): \(work)")
    }
  }

  /// A candidate is tried.
  mutating func attempt(_ constants: String) {
    tried += 1
    let text = "candidate \(tried) of \(candidates), \(constants)"
    if logger.logLevel <= .debug {
      line?.clear()
      logger.debug("\(place): \(text)")
    } else if line != nil {
      show(text)
    } else if pace.isDue(at: now) {
      write("\(place): \(text)")
    }
  }

  /// The present kernel is done.
  mutating func end(_ result: String) {
    line?.clear()
    write("\(place): \(result)")
  }

  /// Removes the line.
  mutating func clear() { line?.clear() }

  private mutating func show(_ text: String) {
    let shown = "\(Bar(kernel - 1, of: total).text) \(name): \(text)"
    line?.show(shown)
  }

  private mutating func write(_ text: String) {
    logger.info("\(text)")
    pace.didWriteLine(at: now)
  }
}
