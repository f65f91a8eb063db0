import Foundation
import JSON
import TestSupport
import Testing

@Suite struct ResumeTests {
  private let workspace: Workspace
  init() throws { workspace = try Workspace() }

  /// Starts a run, and waits until it has done some steps.
  private func startedRun(_ more: [String] = []) throws -> Program.Running {
    let running = try Program.Running(
      workspace.arguments(
        with: ["--output", workspace.output.path, "--steps", "1000000"] + more))
    while running.isRunning, (try? workspace.steps().count) ?? 0 < 10 { usleep(2000) }
    return running
  }

  /// Every third step has a checkpoint, evaluated or not, and goes on from there to the same bits.
  @Test(arguments: [[], ["--method", "kv"]])
  func checkpointsComeAtTheirSteps(method: [String]) throws {
    let arguments =
      method + ["--steps", "11", "--checkpoint-every", "3", "--evaluate-every", "5"]
    let result = try workspace.distill(arguments)
    #expect(result.code == 0, "\(result.errors)")
    func checkpoints() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: workspace.output.path)
        .filter { $0.hasPrefix("checkpoint-") }.sorted()
    }
    #expect(try checkpoints() == ["checkpoint-11", "checkpoint-9"])
    let name = method.isEmpty ? "soft_prompt.safetensors" : "cartridge.safetensors"
    func prompt() throws -> Data {
      try Data(contentsOf: workspace.output.appending(path: name))
    }
    let (whole, steps) = (try prompt(), try workspace.steps().map { $0["loss"] })
    let validation = try workspace.json("metrics.json")["validation"]
    try FileManager.default.removeItem(at: workspace.output.appending(path: "checkpoint-11"))
    let resumed = try workspace.distill(arguments + ["--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("resumed after step 9"))
    #expect(try prompt() == whole)
    #expect(try workspace.steps().map { $0["loss"] } == steps)
    #expect(try workspace.json("metrics.json")["validation"] == validation)
    // A finished run is judged again, without a score of what it is not trained on any more.
    let finished = try workspace.distill(arguments + ["--resume"])
    #expect(finished.code == 0, "\(finished.errors)")
    #expect(try prompt() == whole)
    let metrics = try workspace.json("metrics.json")
    #expect(metrics["validation"] == validation)
    #expect(metrics["memory"]["teacher_cache_bytes"] == .integer(0))
  }

  /// What would change nothing, or what was measured before, is refused by name.
  @Test func aFinishedRunRefusesWhatItWouldNotHeed() throws {
    let steps = ["--steps", "4"]
    _ = try workspace.distill(steps)
    let before = try Data(contentsOf: workspace.output.appending(path: "metrics.json"))
    let other = try workspace.folder.write("other.jsonl", "{\"prompt\": \"ab\"}\n").path
    let path = workspace.output.appending(path: "checkpoint-4").path
    func refused(_ more: [String]) throws -> String {
      let result = try workspace.distill(steps + ["--resume"] + more)
      #expect(result.code == 2)
      return String(result.errorLines.last ?? "")
    }
    #expect(
      try refused(["--unrelated", other]).hasPrefix(
        "train-gpu: \(path): started with the unrelated prompts built-in, found "))
    #expect(
      try refused(["--patience", "3"])
        == "train-gpu: \(path): all of its 4 steps are done, so that --patience 3 changes nothing; expected "
        + "more --steps with it")
    #expect(
      try refused(["--evaluate-every", "3"])
        == "train-gpu: \(path): all of its 4 steps are done, so that --evaluate-every 3 changes nothing; "
        + "expected more --steps with it")
    #expect(try Data(contentsOf: workspace.output.appending(path: "metrics.json")) == before)
    let further = try workspace.distill(["--steps", "6", "--patience", "3", "--resume"])
    #expect(further.code == 0, "\(further.errors)")
  }

  /// `nohup` ignores SIGHUP.
  @Test func aRunUnderNohupContinues() throws {
    let script = "trap '' HUP; exec \"$@\""
    let running = try Program.Running(
      ["-c", script, "sh", Program.url.path] + workspace.arguments
        + ["--output", workspace.output.path, "--steps", "1000000"],
      of: URL(fileURLWithPath: "/bin/sh"))
    while running.isRunning, (try? workspace.steps().count) ?? 0 < 10 { usleep(2000) }
    running.send(SIGHUP)
    let before = try workspace.steps().count
    while running.isRunning, try workspace.steps().count < before + 10 { usleep(2000) }
    #expect(running.isRunning)
    running.send(SIGTERM)
    #expect(try running.wait().code == 143)
  }

  @Test(arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)] as [(Int32, Int32)])
  func aSignalWritesACheckpointAndResumeGivesTheSameResult(signal: Int32, code: Int32) throws {
    let running = try startedRun()
    running.send(signal)
    let stopped = try running.wait()
    #expect(stopped.code == code)
    #expect(stopped.errors.contains("stopping after this step; once more to stop at once"))
    #expect(
      stopped.errorLines.last?.contains("--resume continues from \(workspace.output.path)") == true)
    let done = try workspace.steps().count
    #expect(done >= 10)
    #expect(!FileManager.default.fileExists(atPath: workspace.output.path + "/metrics.json"))

    let steps = ["--steps", "\(done + 50)"]
    let resumed = try workspace.distill(steps + ["--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("resumed after step \(done)"))

    let whole = workspace.folder.url.appending(path: "whole")
    _ = try workspace.distill(steps, to: whole)
    #expect(try workspace.softPrompt() == workspace.softPrompt(in: whole))
    #expect(try workspace.steps().map { $0["step"] } == (1...(done + 50)).map(JSON.integer))
    let (found, expected) = (
      try workspace.json("metrics.json"), try workspace.json("metrics.json", in: whole)
    )
    #expect(found["validation"] == expected["validation"])
  }

  @Test func aResumedRunKeepsItsOptions() throws {
    _ = try workspace.distill(["--steps", "4"])
    let checkpoint = workspace.output.appending(path: "checkpoint-4").path
    let before = try workspace.softPrompt()
    try expectRefusal(
      ["--steps", "4", "--seed", "9"],
      "\(checkpoint): started with --seed 0, found 9; a resumed run "
        + "keeps what it was started with")
    try workspace.folder.write("context.txt", Workspace.contextText + "more")
    let result = try workspace.distill(["--steps", "4", "--resume"])
    #expect(result.code == 2)
    #expect(result.errors.hasPrefix("train-gpu: \(checkpoint): started with the context "))
    #expect(try workspace.softPrompt() == before)
  }

  private func expectRefusal(_ more: [String], _ message: String) throws {
    try Program.expectRefusal(
      workspace.arguments(with: ["--output", workspace.output.path, "--resume"] + more), message)
  }

  @Test func noOtherRunWritesToTheFolderOfALiveOne() throws {
    let running = try startedRun(["--checkpoint-every", "1"])
    for mode in ["--resume", "--overwrite"] {
      try Program.expectRefusal(
        workspace.arguments + ["--output", workspace.output.path, mode],
        "\(workspace.output.path): another run writes to this output folder; wait for its end or name "
          + "another")
    }
    #expect(running.isRunning)
    // The lock ends with the process, also where nothing removes it.
    running.send(SIGKILL)
    _ = try running.wait()
    #expect(try workspace.distill(["--steps", "3", "--overwrite"]).code == 0)
  }

  @Test func checkpointsAreWrittenAtTheInterval() throws {
    _ = try workspace.distill(["--steps", "12", "--checkpoint-every", "3", "--evaluate-every", "1"])
    let names = try FileManager.default.contentsOfDirectory(atPath: workspace.output.path)
      .filter { $0.hasPrefix("checkpoint") }.sorted()
    #expect(names == ["checkpoint-12", "checkpoint-9"])
  }

  @Test func anExistingFolderIsLeftAlone() throws {
    try workspace.folder.write("run/metrics.json", "mine")
    try Program.expectRefusal(
      workspace.arguments + ["--output", workspace.output.path],
      "\(workspace.output.path): the output folder exists; --overwrite replaces the run in it, --resume "
        + "continues it")
    let text = try String(
      contentsOf: workspace.output.appending(path: "metrics.json"), encoding: .utf8)
    #expect(text == "mine")
  }

  @Test func aFolderWithoutARunIsToldApart() throws {
    try FileManager.default.createDirectory(
      at: workspace.output, withIntermediateDirectories: true)
    try Program.expectRefusal(
      workspace.arguments + ["--output", workspace.output.path],
      "\(workspace.output.path): the output folder exists, without a run in it; --overwrite writes one "
        + "into it")
    let result = try workspace.distill(["--steps", "1", "--overwrite"])
    #expect(result.code == 0, "\(result.errors)")
  }

  @Test func resumingAFinishedRunLeavesItsNumbers() throws {
    _ = try workspace.distill(["--steps", "5"])
    let (before, prompt) = (try workspace.json("metrics.json"), try workspace.softPrompt())
    let result = try workspace.distill(["--steps", "5", "--resume"])
    #expect(result.code == 0, "\(result.errors)")
    let after = try workspace.json("metrics.json")
    #expect(after["validation"] == before["validation"])
    for key in ["tokens_per_second", "step_seconds_median"] {
      #expect(after["timing"][key] == before["timing"][key], "\(key)")
    }
    #expect(try workspace.softPrompt() == prompt)
  }

  @Test func overwriteReplacesARun() throws {
    _ = try workspace.distill(["--steps", "5"])
    let first = try workspace.softPrompt()
    let result = try workspace.distill(["--steps", "3", "--overwrite"])
    #expect(result.code == 0)
    #expect(try workspace.softPrompt() != first)
    #expect(try workspace.steps().count == 3)
    #expect(!FileManager.default.fileExists(atPath: workspace.output.path + "/checkpoint-5"))
  }

  /// What is held out follows from an option, which the message names.
  @Test func otherHeldOutExamplesNameTheirOption() throws {
    let end = "; a resumed run keeps what it was started with\n"
    let without = workspace.folder.url.appending(path: "without")
    try #require(workspace.distill(["--validation", "0", "--steps", "2"], to: without).code == 0)
    for validation in [workspace.validation, "0.4"] {
      let refused = try workspace.distill(
        ["--validation", validation, "--steps", "2", "--resume"], to: without)
      #expect(refused.code == 2)
      #expect(
        refused.errors
          == "train-gpu: \(without.path)/checkpoint-2: started with --validation 0, found "
          + "held-out examples\(end)")
    }
    try #require(workspace.distill(["--validation", "0.4", "--steps", "2"]).code == 0)
    for other in ["0.2", "0"] {
      let refused = try workspace.distill(["--validation", other, "--steps", "2", "--resume"])
      #expect(refused.code == 2 && refused.errors.hasSuffix(end), "\(refused.errors)")
      #expect(
        refused.errors.hasPrefix(
          "train-gpu: \(workspace.output.path)/checkpoint-2: started with the inputs (--inputs, "
            + "--validation) "), "\(refused.errors)")
    }
    let whole = workspace.folder.url.appending(path: "whole")
    try #require(workspace.distill(["--steps", "2"], to: whole).code == 0)
    let none = try workspace.distill(["--validation", "0", "--steps", "2", "--resume"], to: whole)
    #expect(none.code == 2)
    #expect(
      none.errors.hasPrefix(
        "train-gpu: \(whole.path)/checkpoint-2: started with the validation examples (--validation) "
      )
        && none.errors.hasSuffix("..., found none\(end)"), "\(none.errors)")
  }
}
