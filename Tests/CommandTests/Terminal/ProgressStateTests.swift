import Foundation
import Logging
import Synchronization
import Testing

@testable import Distillation
@testable import train_gpu

/// The lines of progress in a log.
@Suite struct ProgressStateTests {
  /// Keeps the lines of a log.
  private final class Lines: LogHandler, Sendable {
    private let kept = Mutex<[String]>([])
    var texts: [String] { kept.withLock(\.self) }
    var metadata: Logger.Metadata {
      get { [:] }
      set {}
    }
    var logLevel: Logger.Level {
      get { .info }
      set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { nil }
      set {}
    }
    func log(event: LogEvent) { kept.withLock { $0.append("\(event.message)") } }
  }

  private let lines = Lines()
  private var state: ProgressState

  init() {
    let lines = lines
    state = ProgressState(logger: Logger(label: "progress") { _ in lines }, isQuiet: true)
  }

  private func progress(
    _ phase: StudyProgress.Phase, _ conversations: Int, questions: Int
  ) -> RunEvent {
    .studying(
      StudyProgress(
        phase: phase, conversations: conversations, total: 60, tokensPerSecond: 50,
        questions: questions, dropped: questions / 4))
  }

  /// Each batch writes questions and then answers them.
  @Test mutating func everyPhaseOfAStudyHasItsLastLine() {
    // The first line is due after half a second.
    usleep(600_000)
    state.show(progress(.questions, 0, questions: 0))
    state.show(progress(.questions, 0, questions: 40))
    state.show(progress(.answers, 0, questions: 80))
    state.show(progress(.answers, 32, questions: 80))
    let rate = "50 tokens/s"
    let texts = lines.texts.map { $0.replacing(#/  \d+:\d\d left/#, with: "") }
    #expect(
      texts == [
        "writing questions: 0 of 60 conversations  \(rate)",
        "writing questions: 0 of 60 conversations  80 questions  \(rate)  20 left out",
        "answering them: 32 of 60 conversations  \(rate)  20 left out",
      ])
    // Where the phase had no line, its end has none.
    state.show(progress(.questions, 32, questions: 80))
    state.show(progress(.answers, 32, questions: 90))
    #expect(lines.texts.count == texts.count)
  }

  private func estimate(study: Double, training: Double) -> RunEvent {
    .estimated(
      RunEstimate(
        studySeconds: study, teacherSeconds: 10, trainingSeconds: training, judgingSeconds: 0))
  }

  @Test(arguments: [
    (20.0, "about 30 s left, corrected from 50 before the study: teacher 10, training 20 "),
    (40.0, "about 50 s left, as estimated before the study: teacher 10, training 40 "),
  ])
  mutating func theSecondEstimateCorrectsTheFirst(training: Double, line: String) throws {
    state.show(estimate(study: 60, training: 40))
    state.show(progress(.answers, 60, questions: 80))
    state.show(estimate(study: 0, training: training))
    #expect(lines.texts.count == 3)
    #expect(lines.texts[0].hasPrefix("about 110 s: study 60, teacher 10, training 40 (a rough "))
    #expect(lines.texts[2] == "\(line)(an estimate from a short trial on this machine)")
  }
}
