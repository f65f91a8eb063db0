import Compute
import Foundation
import HuggingFace
import TestSupport
import Testing
import Transformer

@testable import Distillation

/// The progress that an export reports.
@Suite struct ExportEventsTests {
  /// What is judged are the examples, and all of them are in the end.
  @Test func allExamplesAreJudged() throws {
    let folder = try TemporaryFolder()
    let model = try ModelFolder(at: TinyModel.write(in: folder))
    var options = TrainingOptions()
    (options.tokens, options.steps) = (3, 1)
    let output = folder.url.appending(path: "run")
    let request = RunRequest(
      folder: model, modelName: ModelName(model.url.path),
      context: [try folder.write("context.txt", "the cab has a bad back; a cabbage is abaca. ")],
      inputs: try folder.write(
        "inputs.jsonl",
        """
        {"prompt": "the cab"}
        {"prompt": "a bad", "completion": " back"}
        {"prompt": "a cabbage"}
        """), validation: .none, output: output, mode: .create, options: options,
      kept: [.evaluateEvery], checkpointEvery: 100)
    let run = try DistillationRun(request, device: TestDevice.cpu.open())
    _ = try run.perform(isInterrupted: { false }) { _ in }
    let export = ExportRequest(
      run: output, folder: model, modelName: ModelName(model.url.path), format: .peft,
      output: folder.url.appending(path: "out"), precision: .stored)
    var judged: [[Int]] = []
    _ = try export.perform(on: TestDevice.cpu.open()) { event in
      if case .progress(.judging, let done, let total) = event { judged.append([done, total]) }
    }
    #expect(judged == [[0, 2], [2, 2]])
  }
}
