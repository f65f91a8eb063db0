import Foundation
import JSON
import TestSupport
import Testing

/// Runs that go on for longer than they were begun for.
@Suite struct ContinuationTests {
  private let place: Workplace

  init() throws { place = try Workplace() }

  private func resume(_ more: [String]) throws -> Program.Result {
    try place.distill(more + ["--resume"])
  }

  private func readme() throws -> String {
    try String(contentsOf: place.output.appending(path: "README.md"), encoding: .utf8)
  }

  @Test func twentyStepsAndTwentyMoreAreFortyAtOnce() throws {
    _ = try place.distill(["--steps", "20", "--warmup", "3"])
    let resumed = try resume(["--steps", "40", "--warmup", "3"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("resumed after step 20; --steps 40 in place of --steps 20"))
    let whole = place.folder.url.appending(path: "whole")
    _ = try place.distill(["--steps", "40", "--warmup", "3"], to: whole)
    #expect(try place.softPrompt() == place.softPrompt(in: whole))
    #expect(
      try place.json("metrics.json")["validation"]
        == place.json("metrics.json", in: whole)["validation"])
    let steps = try place.steps()
    #expect(steps.map { $0["step"] } == (1...40).map(JSON.integer))
    #expect(steps.map { $0["loss"] } == (try place.steps(in: whole)).map { $0["loss"] })
    let text = try readme()
    #expect(text.contains("\nsteps: 40\n"))
    #expect(text.contains("Started with `steps: 20`; `steps: 40` since step 21."))
  }

  @Test func epochsMayBecomeMoreToo() throws {
    _ = try place.distill(["--epochs", "2"])
    #expect(try resume(["--epochs", "3"]).code == 0)
    #expect(try place.steps().count == 9)
    let text = try readme()
    #expect(text.contains("\nepochs: 3\n") && !text.contains("\nsteps: "))
  }

  @Test func whatIsLeftOutStaysAsItWas() throws {
    _ = try place.distill(["--steps", "6", "--patience", "3"])
    let again = try resume([])
    #expect(again.code == 0)
    #expect(!again.errors.contains("in the place of"))
    #expect(try place.steps().count == 6)
    #expect(try readme().contains("\npatience: 3\n"))
  }

  @Test func aScheduleThatFallsToTheEndKeepsItsLength() throws {
    let linear = ["--schedule", "linear"]
    _ = try place.distill(["--steps", "4"] + linear)
    let checkpoint = place.output.appending(path: "checkpoint-4").path
    let before = try place.softPrompt()
    try Program.expectRefusal(
      place.arguments + ["--output", place.output.path, "--resume", "--steps", "8"] + linear,
      "\(checkpoint): begun for 4 steps, found 8; --schedule linear depends on their number, so the "
        + "steps that are done had other rates; constant alone can go on")
    #expect(try place.softPrompt() == before)
    #expect(try resume(["--steps", "4"] + linear).code == 0)
  }

  @Test func noTrainingEndsBeforeItsCheckpoint() throws {
    _ = try place.distill(["--steps", "4"])
    try Program.expectRefusal(
      place.arguments + ["--output", place.output.path, "--resume", "--steps", "3"],
      "--steps: expected a training of more than the 4 steps that are done, found 3 steps")
  }

  @Test func patienceThatIsOverDoesNoFurtherStep() throws {
    let restless = ["--steps", "400", "--learning-rate", "5", "--evaluate-every", "1"]
    _ = try place.distill(restless + ["--patience", "2"])
    let done = try place.steps().count
    #expect(done < 390)
    let again = try resume(restless)
    #expect(again.errors.contains("no better prompt for 2 evaluations"))
    #expect(try place.steps().count == done)
    let on = try resume(restless + ["--patience", "400", "--steps", "\(done + 5)"])
    #expect(on.code == 0, "\(on.errors)")
    #expect(try place.steps().count == done + 5)
  }
}
