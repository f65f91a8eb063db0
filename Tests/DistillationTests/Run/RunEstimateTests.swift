import Compute
import Foundation
import HuggingFace
import TestSupport
import Testing
import Transformer

@testable import Distillation

/// The time that a run without inputs takes.
@Suite struct RunEstimateTests {
  @Test func theTimeIsTheWorkOverTheSpeeds() {
    let speeds = RunSpeeds(
      prefill: 1000, teacher: .init(generation: 100, scoring: 500), step: (fixed: 0.4, row: 0.002),
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
    // 50 steps of 16 examples of 50 rows, 0.4 s and 1.6 s each, 100 s, 5 evaluations of 500 rows 5
    // s.
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

  /// What the student does takes its own time.
  @Test func aSmallStudentsWorkIsNotTheTeachers() {
    var speeds = RunSpeeds(
      prefill: 1000, teacher: .init(generation: 10, scoring: 50), step: (fixed: 0.5, row: 0),
      answerTokens: 20)
    let work = RunWork(
      questions: 0, questionTokens: 10, chunkTokens: 0, answers: 0, training: 10, heldOut: 10,
      promptTokens: 5, answerTokens: 20, contextTokens: 1000, steps: 10, batch: 1, evaluations: 2,
      unrelated: 0, rollouts: 4)
    // One second for the context, 500 rows and 200 tokens; 5 s of steps, two evaluations of 250
    // rows, 80 tokens of rollouts and 100 scored rows.
    let slow = speeds.estimate(work)
    #expect(slow.teacherSeconds == 1 + 10 + 20)
    #expect(slow.trainingSeconds == 5 + 10 + 8 + 2)
    #expect(slow.judgingSeconds == 2 * (5 + 20))
    speeds.student = .init(generation: 100, scoring: 500)
    let quick = speeds.estimate(work)
    #expect(quick.teacherSeconds == slow.teacherSeconds)
    #expect(abs(quick.trainingSeconds - (5 + 1 + 0.8 + 2)) < 1e-9)
    #expect(quick.judgingSeconds == 2 * (0.5 + 2))
  }

  @Test func answersThatEndAreShorterThanTheirLimit() {
    // Of 400 tokens 50 were the last: one of 8.
    #expect(abs(RunTrial.length(50, of: 400, limit: 1000) - 8) < 1e-9)
    #expect(RunTrial.length(0, of: 400, limit: 64) == 64)
    #expect(RunTrial.length(48, of: 48, limit: 64) == 1)
    // (1 - 0.5^3) / 0.5
    #expect(RunTrial.length(2, of: 4, limit: 3) == 1.75)
  }

  /// The model, and a teacher that is another one, stay loaded from the study to the training.
  @Test(arguments: [false, true])
  func modelsAreLoadedOnceAndTheTimeIsSaidFirst(hasTeacher: Bool) throws {
    let folder = try TemporaryFolder()
    let model = try ModelFolder(at: TinyModel.write(in: folder))
    let context = try folder.write(
      "context.txt", "the cab has a bad back; a cabbage is abaca.\n\na baccarat is no cab.\n")
    var training = TrainingOptions()
    training.tokens = 3
    training.epochs = 2
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
    var request = RunRequest(
      folder: model, modelName: try ModelName(parsing: model.url.path, of: model),
      context: [context],
      inputs: context, validation: .automatic, output: folder.url.appending(path: "run"),
      mode: .create, options: training, kept: [], checkpointEvery: 100)
    if hasTeacher {
      let teacher = try TinyModel.write("teacher", in: folder, width: 64, padding: 5, seed: 9)
      request.teacher = TeacherModel(
        folder: try ModelFolder(at: teacher), name: ModelName(teacher.path))
    }
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
    func study() throws -> (request: RunRequest, model: LoadedModel?, work: RunWork) {
      let studied = try StudiedRun(request, seeds: nil, options: options, device: device)
      let next = try studied.perform(handle: handle)
      return (next.request, next.model, try studied.workAfterStudy(studied.study.result))
    }
    let next = try study()
    #expect(loads == (hasTeacher ? 2 : 1))
    let run = try DistillationRun(next.request, device: device)
    // Held-out lines are not trained on.
    #expect(!run.texts.validation.isEmpty)
    #expect(next.work.training == Double(run.texts.training.count))
    #expect(next.work.steps == Double(run.totalSteps))
    let outcome = try run.perform(
      model: next.model, isInterrupted: { false }, handle: handle)
    guard case .finished = outcome else {
      Issue.record("expected a finished run")
      return
    }
    #expect(loads == (hasTeacher ? 2 : 1))
    // Nothing holds the teacher's weights beyond its work.
    #expect(next.model?.takeTeacher() == nil)
    try #require(estimates.count == 2)
    #expect(estimates[0].studySeconds > 0 && estimates[0].trainingSeconds > 0)
    #expect(estimates[1].studySeconds == 0 && estimates[1].teacherSeconds > 0)
  }
}
