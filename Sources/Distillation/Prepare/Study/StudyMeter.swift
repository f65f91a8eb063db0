/// Counts the tokens that a study generates, and says how far it is.
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
          dropped: study.record.progress.drops.count)))
  }

  /// The present generation is over.
  func finish() {
    study.record.progress.tokens += present
    done += present
    present = 0
  }
}
