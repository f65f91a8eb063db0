import Foundation
import JSON
import Safetensors
import TestSupport
import Testing

/// What a run may go on with, and what it may not take or delete.
@Suite struct KeptInputsTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private var run: String { workspace.output.path }

  /// Changes a number of a model behind the first bytes of a tensor.
  private func change(_ model: String) throws {
    let url = URL(fileURLWithPath: model).appending(path: "model.safetensors")
    var bytes = [UInt8](try Data(contentsOf: url))
    let header = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    // The embeddings come first: 100 rows of 32 in f32.
    bytes[8 + header + 4001] ^= 1
    try Data(bytes).write(to: url)
  }

  /// Removes from a checkpoint what older programs did not record.
  private func makeEarlier(_ checkpoint: String, _ change: (inout JSONObject) -> Void) throws {
    let url = workspace.output.appending(path: "\(checkpoint)/state.json")
    guard case .object(var state) = try JSON(parsing: [UInt8](Data(contentsOf: url))) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    for key in ["sha256", "tensors_sha256"] { state[key] = nil }
    change(&state)
    try Data(JSON.object(state).text().utf8).write(to: url)
  }

  @Test func anotherModelWithTheSameBeginningsIsNoContinuation() throws {
    #expect(try workspace.distill(["--steps", "2"]).code == 0)
    let metadata = try SafetensorsFile(
      contentsOf: workspace.output.appending(path: "soft_prompt.safetensors")
    ).metadata
    let digest = try #require(metadata["model_weights_sha256"])
    try change(workspace.model)
    let refused = try workspace.distill(["--steps", "4", "--resume"])
    #expect(refused.code == 2)
    #expect(
      refused.errorLines.last?.hasPrefix(
        "train-gpu: \(run)/checkpoint-2: started with the model's weights \(digest.prefix(12))..., found "
      )
        == true, "\(refused.errors)")
    let used = try Program.run([
      "generate", "--model", workspace.model, "--adapter", run, "--prompt", "a", "--max-tokens",
      "1",
      "--device", "cpu",
    ])
    #expect(used.code == 0 && used.errors.contains("made for another model"), "\(used.errors)")
    // An older program has recorded the beginnings alone, which are the same.
    try makeEarlier("checkpoint-2") { state in
      guard case .object(var prints)? = state["fingerprints"] else { return }
      prints["model_weights_sha256"] = nil
      state["fingerprints"] = .object(prints)
    }
    let resumed = try workspace.distill(["--steps", "4", "--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
  }

  @Test func anotherTeacherWithTheSameBeginningsIsNoContinuation() throws {
    let teacher = try TinyModel.write("teacher", in: workspace.folder, seed: 9).path
    let option = ["--teacher", teacher]
    #expect(try workspace.distill(option + ["--steps", "2"]).code == 0)
    try change(teacher)
    let refused = try workspace.distill(option + ["--steps", "4", "--resume"])
    #expect(refused.code == 2)
    #expect(
      refused.errorLines.last?.hasPrefix(
        "train-gpu: \(run)/checkpoint-2: started with the teacher \(teacher) (") == true,
      "\(refused.errors)")
    try makeEarlier("checkpoint-2") { state in
      guard case .object(var prints)? = state["fingerprints"],
        case .object(var record)? = prints["teacher"]
      else { return }
      record["tensors_sha256"] = nil
      prints["teacher"] = .object(record)
      state["fingerprints"] = .object(prints)
    }
    let resumed = try workspace.distill(option + ["--steps", "4", "--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
  }

  @Test func anotherLoRAWithTheSameBeginningsIsNoContinuation() throws {
    let adapter = try workspace.folder.write(
      "style/adapter_config.json",
      #"{"peft_type": "LORA", "r": 4, "lora_alpha": 4, "target_modules": ["q_proj"]}"#
    ).deletingLastPathComponent()
    func write(_ last: Float) throws {
      var random = SeededGenerator(seed: 3)
      let module = "base_model.model.model.layers.0.self_attn.q_proj"
      let factor = random.floats(127, in: -1...1) + [last]
      try SafetensorsWriter.write(
        [
          (name: "\(module).lora_A.weight", shape: [4, 32], elements: factor),
          (name: "\(module).lora_B.weight", shape: [32, 4], elements: factor),
        ], to: adapter.appending(path: "adapter_model.safetensors"))
    }
    try write(0.5)
    let option = ["--lora", adapter.path]
    #expect(try workspace.distill(option + ["--steps", "2"]).code == 0)
    try write(0.25)
    let refused = try workspace.distill(option + ["--steps", "4", "--resume"])
    #expect(refused.code == 2)
    #expect(
      refused.errors.contains(
        "started with the numbers of the LoRA adapters in the model's weights "),
      "\(refused.errors)")
    let used = try Program.run(
      [
        "generate", "--model", workspace.model, "--adapter", run, "--prompt", "a", "--max-tokens",
        "1", "--device", "cpu",
      ] + option)
    #expect(used.errors.contains("trained with the LoRA adapter \(adapter.path)"), "\(used.errors)")
  }

  /// Files of the user that stand in the run's checkpoints.
  @Test func inputsInACheckpointOutliveTheRun() throws {
    #expect(try workspace.distill(["--steps", "4"]).code == 0)
    let folder = workspace.output.appending(path: "checkpoint-4")
    let manager = FileManager.default
    let inputs = folder.appending(path: "inputs.jsonl")
    try manager.copyItem(at: URL(fileURLWithPath: workspace.inputs), to: inputs)
    let start = folder.appending(path: "start")
    try manager.createDirectory(at: start, withIntermediateDirectories: true)
    try manager.copyItem(
      at: workspace.output.appending(path: "soft_prompt.safetensors"),
      to: start.appending(path: "soft_prompt.safetensors"))
    let options = ["--inputs", inputs.path, "--init", start.path, "--steps"]
    let result = try workspace.distill(options + ["6", "--checkpoint-every", "2", "--overwrite"])
    #expect(result.code == 0, "\(result.errors)")
    #expect(
      result.errors.contains(
        "warning: \(folder.path): no checkpoint any more; files that no run has written stay in it"),
      "\(result.errors)")
    #expect(
      try manager.contentsOfDirectory(atPath: folder.path).sorted()
        == ["inputs.jsonl", "start", "state.json", "state.safetensors"])
    let own = try Data(contentsOf: URL(fileURLWithPath: workspace.inputs))
    #expect(try Data(contentsOf: inputs) == own)
    let further = try workspace.distill(options + ["9", "--resume"])
    #expect(further.code == 0, "\(further.errors)")
    #expect(
      try manager.contentsOfDirectory(atPath: folder.path).sorted() == ["inputs.jsonl", "start"])
  }

  @Test func filesOfTheRunThatIsReplacedAreNoInputs() throws {
    let more = ["--template", "chatml"]
    #expect(try workspace.distill(["--steps", "2"] + more).code == 0)
    let before = try FileManager.default.contentsOfDirectory(atPath: run).sorted()
    for (option, path) in [
      ("init", run), ("init", "\(run)/soft_prompt.safetensors"), ("inputs", "\(run)/answers.jsonl"),
      ("context", "\(run)/README.md"), ("template", "\(run)/chat_template.jinja"),
      ("validation", "\(run)/answers.jsonl"), ("unrelated", "\(run)/answers.jsonl"),
      ("init", "\(run)/checkpoint-2/state.safetensors"),
    ] {
      try Program.expectRefusal(
        workspace.arguments(with: ["--\(option)", path, "--output", run, "--overwrite"]),
        "--\(option): expected no file of the run that is replaced, since it would be lost, found \(path)"
      )
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: run).sorted() == before)
    let sweep = workspace.folder.url.appending(path: "sweep")
    #expect(try workspace.distill(["--tokens", "2,3", "--steps", "1"], to: sweep).code == 0)
    let member = sweep.appending(path: "tokens-2").path
    let refused = try workspace.distill(
      ["--tokens", "3,4", "--steps", "1", "--overwrite", "--init", member], to: sweep)
    #expect(refused.code == 2)
    #expect(refused.errors.contains("--init: expected no file of the run that is replaced"))
    // What a run leaves in place may be an input.
    let questions = try workspace.folder.write(
      "run/study.jsonl", "{\"prompt\": \"a cab\", \"completion\": \" has\"}\n")
    let result = try workspace.distill(
      ["--inputs", questions.path, "--steps", "1", "--overwrite"])
    #expect(result.code == 0, "\(result.errors)")
  }

  @Test func aFileInTheWayOfEventsIsNamed() throws {
    try workspace.folder.write("run/tensorboard", "mine")
    try Program.expectRefusal(
      workspace.arguments(with: ["--output", run, "--overwrite", "--tensorboard"]),
      "\(run)/tensorboard: expected a folder for TensorBoard's events, found a file")
    try workspace.folder.write("run/study.jsonl/mine", "mine")
    try Program.expectRefusal(
      [
        "study", "--model", workspace.model, "--context", workspace.context, "--output",
        "\(run)/study.jsonl", "--device", "cpu",
      ], "\(run)/study.jsonl: expected a file for the study, found a folder")
  }

  @Test func aHistoryThatIsGoneIsNamedOnce() throws {
    #expect(try workspace.distill(["--steps", "8"]).code == 0)
    let whole = workspace.folder.url.appending(path: "whole")
    #expect(try workspace.distill(["--steps", "12"], to: whole).code == 0)
    for name in ["metrics.jsonl", "evaluations.jsonl"] {
      try FileManager.default.removeItem(at: workspace.output.appending(path: name))
    }
    let resumed = try workspace.distill(["--steps", "12", "--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    for line in [
      "warning: \(run)/metrics.jsonl: the history of the steps up to step 8 is gone, and begins anew",
      "warning: \(run)/evaluations.jsonl: the history of the held-out evaluations up to step 8 is gone, and "
        + "begins anew",
    ] {
      #expect(resumed.errorLines.filter { $0 == line }.count == 1, "\(resumed.errors)")
    }
    #expect(try workspace.softPrompt() == workspace.softPrompt(in: whole))
    #expect(try workspace.steps().map { $0["step"] } == (9...12).map(JSON.integer))
    // Lines that are cut: the run goes on, and the report of a run that is there too.
    let file = workspace.output.appending(path: "evaluations.jsonl")
    let text = try String(contentsOf: file, encoding: .utf8)
    try Data((text + #"{"is_b"#).utf8).write(to: file)
    let page = workspace.folder.url.appending(path: "page.html").path
    let report = try Program.run(["report", run, "--output", page])
    let cut = "warning: \(file.path):2: the last line is cut and is left out"
    #expect(report.code == 0 && report.errorLines.contains(cut), "\(report.errors)")
    let again = try workspace.distill(["--steps", "13", "--resume"])
    #expect(again.code == 0 && again.errorLines.contains(cut), "\(again.errors)")
  }

  @Test func answersThatAreGoneAreNamed() throws {
    #expect(try workspace.distill(["--steps", "2"]).code == 0)
    let file = workspace.output.appending(path: "answers.jsonl")
    let text = try String(contentsOf: file, encoding: .utf8)
    func refused(_ found: String) throws {
      try Program.expectRefusal(
        workspace.arguments + ["--output", run, "--resume", "--steps", "4"],
        "\(file.path): expected the teacher's answers to 2 prompts with which this run was started, found "
          + "\(found); --overwrite starts the run again")
    }
    try Data(text.dropLast(9).utf8).write(to: file)
    try refused("1 and the beginning of another")
    let other = text.replacing(#/"prompt_ids": ?\[\d+/#) { _ in "\"prompt_ids\":[1" }
    try Data(other.utf8).write(to: file)
    try refused("answers that do not belong to them")
    try FileManager.default.removeItem(at: file)
    try #require(unsafe mkfifo(file.path, 0o600) == 0)
    try refused("a pipe")
  }
}
