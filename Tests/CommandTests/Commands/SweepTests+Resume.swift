import Foundation
import JSON
import TestSupport
import Testing

/// What a folder holds after a sweep that was stopped, resumed, replaced or overwritten.
extension SweepTests {
  /// A failure before the first training leaves nothing that stands in the way of the next try.
  @Test func aSweepThatBeganNoRunLeavesNothing() throws {
    let weights = URL(fileURLWithPath: workspace.model).appending(path: "model.safetensors")
    let whole = try Data(contentsOf: weights)
    var bytes = [UInt8](whole)
    bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0xC0, 0x7F])
    try Data(bytes).write(to: weights)
    #expect(try sweep().code == 2)
    #expect(!FileManager.default.fileExists(atPath: workspace.output.path))
    try whole.write(to: weights)
    #expect(try sweep().code == 0)
  }

  @Test func aRunThatReplacesASweepRemovesItsRuns() throws {
    _ = try sweep(tokens: "2,3")
    try workspace.folder.write("run/tokens-3/README.md", "mine")
    let result = try workspace.distill(["--steps", "2", "--overwrite"])
    #expect(result.code == 0, "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: member("tokens-2").path))
    #expect(!FileManager.default.fileExists(atPath: member("sweep.json").path))
    #expect(try text(member("tokens-3").appending(path: "README.md.kept")) == "mine")
    #expect(result.errors.contains("tokens-3/README.md: changed since it was written"))
  }

  /// Nothing was delivered, so that the study alone would begin the runs anew.
  @Test func runsOfASweepWithoutItsRecordAreNotBegunAnew() throws {
    let first = try Program.run(studied)
    try #require(first.code == 0, "\(first.errors)")
    let before = try workspace.softPrompt(in: member("tokens-3"))
    let manager = FileManager.default
    for name in try manager.contentsOfDirectory(atPath: workspace.output.path)
    where !name.hasPrefix("study") && !name.hasPrefix("tokens") {
      try manager.removeItem(at: member(name))
    }
    try Program.expectRefusal(
      studied + ["--resume"],
      "\(workspace.output.path): expected sweep.json, the record of its sweep, found the runs tokens-2, "
        + "tokens-3 alone; --overwrite starts the sweep again, and each of its runs can be resumed in its "
        + "own folder")
    #expect(try workspace.softPrompt(in: member("tokens-3")) == before)
  }

  /// A sweep that is stopped goes on to the same bits.
  @Test func aStoppedSweepGoesOn() throws {
    let arguments = ["--steps", "40", "--checkpoint-every", "10"]
    let whole = workspace.folder.url.appending(path: "whole")
    #expect(try sweep(arguments, to: whole).code == 0)
    let running = try Program.Running(
      workspace.arguments(
        with: ["--tokens", "2,3,5", "--output", workspace.output.path] + arguments))
    let second = member("tokens-3").appending(path: "metrics.jsonl")
    while running.isRunning, ((try? Data(contentsOf: second).count) ?? 0) == 0 { usleep(1000) }
    running.send(SIGINT)
    let stopped = try running.wait()
    // It may have been faster than the signal.
    #expect([0, 130].contains(stopped.code), "\(stopped.allErrors)")
    let resumed = try sweep(arguments + ["--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(!resumed.errors.contains("run 1 of 3"))
    for size in Self.sizes {
      let name = "tokens-\(size)"
      #expect(
        try workspace.softPrompt(in: member(name))
          == workspace.softPrompt(in: member(name, in: whole)), "\(name)")
      #expect(
        try workspace.json("metrics.json", in: member(name))["validation"]
          == workspace.json("metrics.json", in: member(name, in: whole))["validation"])
    }
  }

  /// What is left out stays as in the runs before it.
  @Test func anAddedRunIsTrainedAsTheOthers() throws {
    let options = ["--steps", "4", "--evaluate-every", "3", "--patience", "50"]
    try #require(try workspace.distill(["--tokens", "2,3"] + options).code == 0)
    var arguments = workspace.arguments(
      with: ["--tokens", "2,3,5", "--output", workspace.output.path, "--resume"])
    for name in ["--steps", "--evaluate-every"] {
      if let first = arguments.firstIndex(of: name) { arguments.removeSubrange(first...first + 1) }
    }
    let added = try Program.run(arguments)
    #expect(added.code == 0, "\(added.errors)")
    for size in [2, 5] {
      let recorded = try workspace.json("metrics.json", in: member("tokens-\(size)"))["made_with"][
        "options"]
      for (name, value) in [("steps", 4), ("evaluate-every", 3), ("patience", 50)] {
        #expect(recorded[name] == .integer(value), "\(size) \(name)")
      }
    }
  }

  /// A start that is named is that of all runs, also where the sweep goes on without its name.
  @Test func aNamedStartIsThatOfAll() throws {
    _ = try sweep(["--init", "pooled"], tokens: "2,3")
    let result = try sweep(["--resume"])
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.errors.contains("run 3 of 3: tokens-5, from pooled, which is named for all"))
    let refused = try sweep(["--resume", "--init", "first"])
    #expect(refused.code == 2)
    #expect(
      refused.errors == "train-gpu: \(workspace.output.path): started with --init pooled, found "
        + "first; a resumed run keeps what it was started with\n")
  }

  /// A run that goes on keeps its start, though the smaller run goes on too.
  @Test func aSweepThatGoesFurtherSaysWhereItsRunsBegan() throws {
    func record(_ index: Int) throws -> JSON {
      guard case .array(let members) = try workspace.json("sweep.json")["members"] else {
        return .null
      }
      return members[index]
    }
    func further(_ steps: String, _ tokens: String) throws -> String {
      let result = try workspace.distill(["--tokens", tokens, "--steps", steps, "--resume"])
      #expect(result.code == 0, "\(result.errors)")
      return result.errors
    }
    _ = try sweep(tokens: "2,3")
    #expect(try record(0)["start_step"] == .null)
    #expect(try record(1)["start_step"] == .integer(8))
    #expect(try !further("8", "2,3").contains("began from"))
    let before = try workspace.softPrompt(in: member("tokens-2"))
    let line = "a new sweep would begin from step 12\n"
    #expect(
      try further("12", "2,3").contains("tokens-3 began from tokens-2 at step 8; \(line)"))
    try #require(try workspace.softPrompt(in: member("tokens-2")) != before)
    #expect(try record(1)["start_step"] == .integer(8))
    // Older programs did not record the step.
    let old = try text(member("sweep.json")).replacing(#/ *"start_step" ?: ?8,\n/#, with: "")
    #expect(!old.contains("start_step"))
    try Data(old.utf8).write(to: member("sweep.json"))
    #expect(
      try further("12", "2,3").contains("tokens-3 began from an earlier tokens-2; \(line)"))
    let start = try record(0)["start"]
    #expect(
      try further("12", "1,2,3").contains(
        "tokens-2 began from sampled; a new sweep would begin it from tokens-1\n"))
    #expect(try record(1)["start"] == start)
  }

  @Test func aSizeCanBeAdded() throws {
    _ = try sweep(tokens: "2,3")
    let before = try workspace.softPrompt(in: member("tokens-3"))
    let result = try sweep(["--resume"])
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.errors.contains("run 3 of 3: tokens-5"))
    #expect(!result.errors.contains("run 2 of 3"))
    #expect(try workspace.softPrompt(in: member("tokens-3")) == before)
  }

  @Test func overwritingRemovesTheEarlierSweepAndNothingElse() throws {
    _ = try sweep()
    try workspace.folder.write("run/tokens-5/notes.txt", "mine")
    try workspace.folder.write("run/notes.txt", "mine")
    let result = try sweep(["--overwrite"], tokens: "2,4")
    #expect(result.code == 0, "\(result.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: workspace.output.path)
    #expect(
      names.filter { $0.hasPrefix("tokens-") }.sorted() == ["tokens-2", "tokens-4", "tokens-5"])
    #expect(names.contains("notes.txt"))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: member("tokens-5").path)
        == ["notes.txt"])
  }
}
