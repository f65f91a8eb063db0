/// Counts the tokens that a study generates and the time that it takes, and says how far it is.
final class StudyMeter {
  private let study: Study
  private let handle: (RunEvent) -> Void
  private let begin = ContinuousClock.now
  /// Tokens of the generations that are over, and of the present one.
  private var (done, present) = (0, 0)

  init(_ study: Study, _ handle: @escaping (RunEvent) -> Void) {
    self.study = study
    self.handle = handle
  }

  /// So many tokens of the present generation are made.
  func show(_ phase: StudyProgress.Phase, _ made: Int) {
    present = made
    let seconds = (ContinuousClock.now - begin).inSeconds
    handle(
      .studying(
        StudyProgress(
          phase: phase, conversations: study.record.progress.count, total: study.options.count,
          tokensPerSecond: seconds > 0 ? Double(done + present) / seconds : 0,
          questions: study.record.progress.questions,
          dropped: study.record.progress.drops.count)))
  }

  /// A generation from its prompts to its end.
  ///
  /// - Parameters:
  ///   - phase: what it writes.
  ///   - write: writes, and gives the seconds in which it read a chunk.
  func measure<Value>(
    _ phase: StudyProgress.Phase,
    _ write: () throws(DistillationError) -> (value: Value, reading: Double)
  ) throws(DistillationError) -> Value {
    let begin = ContinuousClock.now
    let (value, reading) = try write()
    let seconds = (ContinuousClock.now - begin).inSeconds
    study.record.progress.tokens += present
    done += present
    present = 0
    var times = study.record.progress.times ?? StudyTimes()
    times.chunks += reading
    switch phase {
    case .questions: times.questions += seconds - reading
    case .answers: times.answers += seconds - reading
    }
    study.record.progress.times = times
    return value
  }
}

/// Seconds of the parts of a study.
package struct StudyTimes: Sendable, Equatable, Codable {
  /// Reading chunks.
  package var chunks = 0.0
  /// Writing questions.
  package var questions = 0.0
  /// Answering them.
  package var answers = 0.0
}
