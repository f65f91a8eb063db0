import Compute
import Foundation
import HuggingFace
import TestSupport
import Testing
import Transformer

@testable import Distillation

/// A resumed run keeps the teacher's values in the form in which it began, whatever memory is free.
@Suite struct RecordedCacheTests {
  private let folder: TemporaryFolder
  private let model: ModelFolder

  init() throws {
    folder = try TemporaryFolder()
    model = try ModelFolder(at: TinyModel.write(in: folder))
    try folder.write("context.txt", "the cab has a bad back; a cabbage is abaca. ")
    try folder.write(
      "inputs.jsonl",
      """
      {"prompt": "the cab", "completion": " has"}
      {"prompt": "a bad", "completion": " back"}
      """)
  }

  /// Runs or resumes; gives the kind of the teacher's cache.
  private func run(
    _ name: String, steps: Int, _ mode: RunFolder.Mode = .create,
    cache: TrainingOptions.TeacherCacheChoice = .auto
  ) throws -> String? {
    var options = TrainingOptions()
    (options.tokens, options.batchSize, options.steps) = (3, 2, steps)
    (options.loss, options.teacherCache) = (.reverseKL, cache)
    let request = RunRequest(
      folder: model, modelName: ModelName(model.url.path),
      context: [folder.url.appending(path: "context.txt")],
      inputs: folder.url.appending(path: "inputs.jsonl"), validation: .none,
      output: folder.url.appending(path: name), mode: mode, options: options,
      kept: [.evaluateEvery],
      checkpointEvery: 100)
    var found: String?
    let run = try DistillationRun(request, device: TestDevice.cpu.open())
    let outcome = try run.perform(isInterrupted: { false }) { event in
      if case .started(let start) = event { found = start.teacherCache }
    }
    guard case .finished = outcome else {
      Issue.record("expected a finished run")
      return nil
    }
    return found
  }

  private func checkpoint(_ name: String, step: Int) throws -> TrainingCheckpoint {
    try TrainingCheckpoint(
      folder: folder.url.appending(path: name).appending(path: "checkpoint-\(step)"))
  }

  @Test func theKindIsRecordedAndKept() throws {
    #expect(try run("run", steps: 2) == "logits")
    #expect(try checkpoint("run", step: 2).state.teacherCache == .logits)
    // As if another process had held the memory when the run began.
    let url = folder.url.appending(path: "run")
    var early = try checkpoint("run", step: 2)
    early.state.teacherCache = .hidden
    try early.write(to: RunFolder(url, mode: .resume))
    #expect(try run("run", steps: 4, .resume) == "hidden")
    #expect(try checkpoint("run", step: 4).state.teacherCache == .hidden)
    // A kind that the user names is not followed by another one.
    #expect(try run("named", steps: 2, cache: .hidden) == "hidden")
    #expect(try checkpoint("named", step: 2).state.teacherCache == .hidden)
  }

  @Test func freeMemoryDecidesForANewRunAlone() throws {
    let decoder = try Decoder.load(model, on: TestDevice.cpu.open(), precision: .f32)
    var options = TrainingOptions()
    options.loss = .jensenShannon
    func kind(_ recorded: TeacherCacheKind?, availableBytes: Int) -> TeacherCacheKind {
      options.cacheKind(
        rows: 100, for: decoder, recorded: recorded, availableBytes: availableBytes)
    }
    #expect(kind(nil, availableBytes: 1 << 40) == .logits)
    #expect(kind(nil, availableBytes: 1000) == .hidden)
    #expect(kind(.logits, availableBytes: 1000) == .logits)
    #expect(kind(.hidden, availableBytes: 1 << 40) == .hidden)
    options.teacherCache = .logits
    #expect(kind(.hidden, availableBytes: 1 << 40) == .logits)
  }
}
