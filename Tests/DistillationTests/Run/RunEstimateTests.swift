import Compute
import Foundation
import HuggingFace
import TestSupport
import Testing

@testable import Distillation

/// The time that a run without inputs takes.
@Suite struct RunEstimateTests {
  @Test func theTimeIsTheWorkOverTheSpeeds() {
    let speeds = RunSpeeds(
      prefill: 1000, generation: 100, scoring: 500, step: (fixed: 0.4, row: 0.002),
      answerTokens: 30)
    let work = RunWork(
      questions: 200, questionTokens: 10, chunkTokens: 5000, answers: 100, training: 90,
      heldOut: 10, promptTokens: 20, answerTokens: 30, contextTokens: 2000, steps: 50,
      batch: 16, evaluations: 5, unrelated: 25)
    let found = speeds.estimate(work)
    // Chunks 5 s, questions 20 s, answers 30 s.
    #expect(found.studySeconds == 55)
    // The context 2 s, 100 examples of 50 rows 10 s, answers to 10 prompts 3 s; drift: 800 tokens
    // of answers 8 s, two comparisons 3.2 s.
    #expect(abs(found.teacherSeconds - 26.2) < 1e-9)
    // 50 steps of 16 examples of 50 rows, 0.4 s and 1.6 s each, 100 s, 5 evaluations of 500 rows 5 s.
    #expect(found.trainingSeconds == 105)
    // Two models, each: 500 rows 1 s and answers 3 s; drift 3.2 s.
    #expect(abs(found.judgingSeconds - 11.2) < 1e-9)
    #expect(abs(found.seconds - 197.4) < 1e-9)
    #expect(found.secondsAfterStudy == found.seconds - 55)
    // The study's own rate counts for as much as is done.
    #expect(found.studySecondsLeft(done: 0, byRate: 0) == 55)
    #expect(found.studySecondsLeft(done: 0.5, byRate: 40) == 33.75)
    #expect(found.studySecondsLeft(done: 1, byRate: 0) == 0)
  }

  @Test func answersThatEndAreShorterThanTheirLimit() {
    // Of 400 tokens 50 were the last: one of 8.
    #expect(abs(RunTrial.length(50, of: 400, limit: 1000) - 8) < 1e-9)
    #expect(RunTrial.length(0, of: 400, limit: 64) == 64)
    #expect(RunTrial.length(48, of: 48, limit: 64) == 1)
    // (1 - 0.5^3) / 0.5
    #expect(RunTrial.length(2, of: 4, limit: 3) == 1.75)
  }

  @Test func theModelIsLoadedOnceAndTheTimeIsSaidFirst() throws {
    let folder = try TemporaryFolder()
    let model = try ModelFolder(at: TinyModel.write(in: folder))
    let context = try folder.write(
      "context.txt", "the cab has a bad back; a cabbage is abaca.\n\na baccarat is no cab.\n")
    var training = TrainingOptions()
    training.tokens = 3
    training.steps = 6
    training.batchSize = 4
    training.responseTokens = 4
    var options = StudyOptions()
    options.count = 40
    options.temperature = 1.5
    options.questionTokens = 12
    options.responseTokens = 4
    options.chunkMinimum = 8
    options.chunkMaximum = 30
    options.filter = false
    let request = RunRequest(
      folder: model, modelName: try ModelName(parsing: model.url.path, of: model),
      context: [context],
      inputs: context, validation: .automatic, output: folder.url.appending(path: "run"),
      mode: .create, options: training, kept: [], checkpointEvery: 100)
    let device = try TestDevice.cpu.open()
    var (loads, estimates, studied) = (0, [RunEstimate](), false)
    func handle(_ event: RunEvent) {
      switch event {
      case .progress(.loading, done: 0, _): loads += 1
      case .estimated(let estimate):
        #expect(estimates.isEmpty == !studied)
        estimates.append(estimate)
      case .studying: studied = true
      default: break
      }
    }
    // The study keeps other runs out of the folder as long as it is there.
    let next = try StudiedRun(request, seeds: nil, options: options, device: device)
      .perform(handle: handle)
    let outcome = try DistillationRun(next.request, device: device).perform(
      model: next.model, isInterrupted: { false }, handle: handle)
    guard case .finished = outcome else {
      Issue.record("expected a finished run")
      return
    }
    #expect(loads == 1)
    try #require(estimates.count == 2)
    #expect(estimates[0].studySeconds > 0 && estimates[0].trainingSeconds > 0)
    #expect(estimates[1].studySeconds == 0 && estimates[1].teacherSeconds > 0)
  }
}
