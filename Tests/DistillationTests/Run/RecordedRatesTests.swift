import Compute
import Foundation
import HuggingFace
import TestSupport
import Testing

@testable import Distillation

/// A resumed run keeps the learning rates that it began with, whatever the defaults have become.
@Suite struct RecordedRatesTests {
  private let folder: TemporaryFolder
  private let model: ModelFolder
  private let output: URL

  init() throws {
    folder = try TemporaryFolder()
    model = try ModelFolder(at: TinyModel.write(in: folder))
    output = folder.url.appending(path: "run")
    try folder.write("context.txt", "the cab has a bad back; a cabbage is abaca. ")
    try folder.write(
      "inputs.jsonl",
      """
      {"prompt": "the cab", "completion": " has"}
      {"prompt": "a bad", "completion": " back"}

      """)
  }

  private func run(
    _ method: TrainingOptions.Method, steps: Int, _ mode: RunFolder.Mode,
    start: Initialization? = nil
  ) throws -> [StepRecord] {
    var options = TrainingOptions()
    options.method = method
    options.chosenInitialization = start
    options.tokens = 3
    options.batchSize = 2
    options.steps = steps
    options.responseTokens = 4
    let request = RunRequest(
      folder: model, modelName: ModelName(model.url.path),
      context: [folder.url.appending(path: "context.txt")],
      inputs: folder.url.appending(path: "inputs.jsonl"), validation: .none, output: output,
      mode: mode, options: options, kept: [.evaluateEvery], checkpointEvery: 100)
    let run = try DistillationRun(request, device: TestDevice.cpu.open())
    guard case .finished = try run.perform(isInterrupted: { false }, handle: { _ in }) else {
      Issue.record("expected a finished run")
      return []
    }
    return try RecordCoding.decodeLines(
      StepRecord.self, from: output.appending(path: RunFolder.stepMetrics)
    ).records
  }

  /// Changes the rates in the newest checkpoint, as if another version had begun the run.
  private func record(_ rates: PeakRates?, step: Int) throws {
    let url = output.appending(path: "checkpoint-\(step)")
    var checkpoint = try TrainingCheckpoint(folder: url)
    #expect(checkpoint.state.peakRates != nil)
    checkpoint.state.peakRates = rates
    let folder = try RunFolder(output, mode: .resume)
    try folder.begin()
    // A checkpoint that is there keeps the digest of its tensors.
    try FileManager.default.removeItem(at: url)
    try checkpoint.write(to: folder)
  }

  @Test(arguments: [nil, Initialization.matched])
  func keysAndValues(start: Initialization?) throws {
    let before = try run(.keysValues, steps: 2, .create, start: start)
    let rates = try #require(before.last?.keyValueRates)
    let state = try TrainingCheckpoint.state(in: output.appending(path: "checkpoint-2"))
    #expect(state.peakRates == .keysValues(rates))
    #expect(state.instructions == CPUVariant.supported[0].rawValue)
    let other = KeyValueRates(keys: rates.keys * 3, values: rates.values / 2)
    try record(.keysValues(other), step: 2)
    let after = try run(.keysValues, steps: 4, .resume, start: start)
    #expect(after.count == 4)
    for step in after.suffix(2) {
      let found = try #require(step.keyValueRates)
      #expect(abs(found.keys / other.keys - 1) < 1e-6 && found.values == other.values)
    }
    // A record of an older program has none: the defaults are those of this one.
    try record(nil, step: 4)
    let last = try #require(try run(.keysValues, steps: 5, .resume, start: start).last)
    #expect(last.keyValueRates == rates)
  }

  @Test func embeddings() throws {
    let rate = try #require(try run(.embeddings, steps: 2, .create).last?.learningRate)
    try record(.embeddings(rate * 2), step: 2)
    #expect(try run(.embeddings, steps: 3, .resume).last?.learningRate == rate * 2)
    // An older program recorded the rates of the steps alone.
    try record(nil, step: 3)
    #expect(try run(.embeddings, steps: 4, .resume).last?.learningRate == rate * 2)
    let report = try RunReport(contentsOf: output)
    #expect(report.metrics.origin?.peakRates == .embeddings(rate * 2))
    try record(nil, step: 4)
    try FileManager.default.removeItem(at: output.appending(path: RunFolder.stepMetrics))
    #expect(try run(.embeddings, steps: 5, .resume).last?.learningRate == rate)
  }
}
