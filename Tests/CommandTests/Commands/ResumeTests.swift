import Foundation
import JSON
import TestSupport
import Testing

@Suite struct ResumeTests {
  private let place: Workplace
  init() throws { place = try Workplace() }

  /// Starts a run, and waits until it has done some steps.
  private func begun(_ more: [String] = []) throws -> Program.Running {
    let running = try Program.Running(
      place.arguments + ["--output", place.output.path, "--steps", "1000000"] + more)
    while running.isRunning, (try? place.steps().count) ?? 0 < 10 { usleep(2000) }
    return running
  }

  /// `nohup` has SIGHUP ignored.
  @Test func aRunUnderNohupGoesOn() throws {
    let script = "trap '' HUP; exec \"$@\""
    let running = try Program.Running(
      ["-c", script, "sh", Program.url.path] + place.arguments
        + ["--output", place.output.path, "--steps", "1000000"],
      of: URL(fileURLWithPath: "/bin/sh"))
    while running.isRunning, (try? place.steps().count) ?? 0 < 10 { usleep(2000) }
    running.send(SIGHUP)
    let before = try place.steps().count
    while running.isRunning, try place.steps().count < before + 10 { usleep(2000) }
    #expect(running.isRunning)
    running.send(SIGTERM)
    #expect(try running.wait().code == 143)
  }

  @Test(arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)] as [(Int32, Int32)])
  func aSignalWritesACheckpointAndResumeGivesTheSameResult(signal: Int32, code: Int32) throws {
    let running = try begun()
    running.send(signal)
    let stopped = try running.wait()
    #expect(stopped.code == code)
    #expect(stopped.errors.contains("stopping after this step; once more to stop at once"))
    #expect(
      stopped.errorLines.last?.contains("--resume continues from \(place.output.path)") == true)
    let done = try place.steps().count
    #expect(done >= 10)
    #expect(!FileManager.default.fileExists(atPath: place.output.path + "/metrics.json"))

    let steps = ["--steps", "\(done + 50)"]
    let resumed = try place.distill(steps + ["--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("resumed after step \(done)"))

    let whole = place.folder.url.appending(path: "whole")
    _ = try place.distill(steps, to: whole)
    #expect(try place.softPrompt() == place.softPrompt(in: whole))
    #expect(try place.steps().map { $0["step"] } == (1...(done + 50)).map(JSON.integer))
    let (found, expected) = (
      try place.json("metrics.json"), try place.json("metrics.json", in: whole)
    )
    #expect(found["validation"] == expected["validation"])
  }

  @Test func aResumedRunKeepsWhatItWasBegunWith() throws {
    _ = try place.distill(["--steps", "4"])
    let checkpoint = place.output.appending(path: "checkpoint-4").path
    let before = try place.softPrompt()
    try expectRefusal(
      ["--steps", "4", "--seed", "9"],
      "\(checkpoint): begun with --seed 0, found 9; a resumed run "
        + "keeps what it was begun with")
    try place.folder.write("context.txt", Workplace.contextText + "more")
    let result = try place.distill(["--steps", "4", "--resume"])
    #expect(result.code == 2)
    #expect(result.errors.hasPrefix("train-gpu: \(checkpoint): begun with the context "))
    #expect(try place.softPrompt() == before)
  }

  private func expectRefusal(_ more: [String], _ message: String) throws {
    try Program.expectRefusal(
      place.arguments + ["--output", place.output.path, "--resume"] + more, message)
  }

  @Test func noOtherRunWritesToTheFolderOfALiveOne() throws {
    let running = try begun(["--checkpoint-every", "1"])
    for mode in ["--resume", "--overwrite"] {
      try Program.expectRefusal(
        place.arguments + ["--output", place.output.path, mode],
        "\(place.output.path): another run writes to this output folder; wait for its end or name "
          + "another")
    }
    #expect(running.isRunning)
    // The lock ends with the process even where nothing lets it clear up.
    running.send(SIGKILL)
    _ = try running.wait()
    #expect(try place.distill(["--steps", "3", "--overwrite"]).code == 0)
  }

  @Test func checkpointsComeAsOftenAsAsked() throws {
    _ = try place.distill(["--steps", "12", "--checkpoint-every", "3", "--evaluate-every", "1"])
    let names = try FileManager.default.contentsOfDirectory(atPath: place.output.path)
      .filter { $0.hasPrefix("checkpoint") }.sorted()
    #expect(names == ["checkpoint-12", "checkpoint-9"])
  }

  @Test func anExistingFolderIsLeftAlone() throws {
    try place.folder.write("run/metrics.json", "mine")
    try Program.expectRefusal(
      place.arguments + ["--output", place.output.path],
      "\(place.output.path): the output folder exists; --overwrite replaces the run in it, --resume "
        + "continues it")
    let text = try String(contentsOf: place.output.appending(path: "metrics.json"), encoding: .utf8)
    #expect(text == "mine")
  }

  @Test func resumingAFinishedRunLeavesItsNumbers() throws {
    _ = try place.distill(["--steps", "5"])
    let (before, prompt) = (try place.json("metrics.json"), try place.softPrompt())
    let result = try place.distill(["--steps", "5", "--resume"])
    #expect(result.code == 0, "\(result.errors)")
    let after = try place.json("metrics.json")
    #expect(after["validation"] == before["validation"])
    for key in ["tokens_per_second", "step_seconds_median"] {
      #expect(after["timing"][key] == before["timing"][key], "\(key)")
    }
    #expect(try place.softPrompt() == prompt)
  }

  @Test func overwriteReplacesARun() throws {
    _ = try place.distill(["--steps", "5"])
    let first = try place.softPrompt()
    let result = try place.distill(["--steps", "3", "--overwrite"])
    #expect(result.code == 0)
    #expect(try place.softPrompt() != first)
    #expect(try place.steps().count == 3)
    #expect(!FileManager.default.fileExists(atPath: place.output.path + "/checkpoint-5"))
  }
}
