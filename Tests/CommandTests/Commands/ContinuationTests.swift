import Foundation
import JSON
import TestSupport
import Testing

/// Runs that are resumed with a larger number of steps.
@Suite struct ContinuationTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func resume(_ more: [String]) throws -> Program.Result {
    try workspace.distill(more + ["--resume"])
  }

  private func readme() throws -> String {
    try String(contentsOf: workspace.output.appending(path: "README.md"), encoding: .utf8)
  }

  @Test func aStartThatTrainingSpoilsIsDelivered() throws {
    let trained = workspace.folder.url.appending(path: "trained")
    #expect(try workspace.distill(["--steps", "40"], to: trained).code == 0)
    let spoiled = try workspace.distill([
      "--init", trained.appending(path: "soft_prompt.safetensors").path, "--steps", "4",
      "--learning-rate", "50",
    ])
    #expect(spoiled.code == 0)
    #expect(spoiled.errors.contains("step 0: held-out KL"), "\(spoiled.errors)")
    #expect(spoiled.output.contains("prompt of step 0"), "\(spoiled.output)")
    #expect(try workspace.softPrompt() == workspace.softPrompt(in: trained))
  }

  @Test func aMixtureOfExamplesIsTheSameAfterAResume() throws {
    let mixture = ["--loss-on", "all", "--reconstruct", "0.3", "--regularize", "0.2"]
    let whole = workspace.folder.url.appending(path: "whole")
    #expect(try workspace.distill(mixture + ["--steps", "10"], to: whole).code == 0)
    let begun = try workspace.distill(mixture + ["--steps", "6"])
    // Five lines are half of them: three continuations and two prompts about something else.
    #expect(begun.errors.contains("10 examples of "), "\(begun.errors)")
    #expect(try resume(mixture + ["--steps", "10"]).code == 0)
    #expect(try workspace.softPrompt() == workspace.softPrompt(in: whole))
    let refused = try resume(mixture.dropLast(2) + ["--steps", "12"])
    #expect(refused.code == 2)
    #expect(
      refused.errors.contains("started with --regularize 0.2, found its default"),
      "\(refused.errors)"
    )
    let plain = workspace.folder.url.appending(path: "plain")
    #expect(try workspace.distill(["--steps", "10"], to: plain).code == 0)
    #expect(try workspace.softPrompt(in: plain) != workspace.softPrompt(in: whole))
  }

  @Test func twentyStepsAndTwentyMoreAreFortyAtOnce() throws {
    _ = try workspace.distill(["--steps", "20", "--warmup", "3"])
    let resumed = try resume(["--steps", "40", "--warmup", "3"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("resumed after step 20; --steps 40 in place of --steps 20"))
    let whole = workspace.folder.url.appending(path: "whole")
    _ = try workspace.distill(["--steps", "40", "--warmup", "3"], to: whole)
    #expect(try workspace.softPrompt() == workspace.softPrompt(in: whole))
    #expect(
      try workspace.json("metrics.json")["validation"]
        == workspace.json("metrics.json", in: whole)["validation"])
    let steps = try workspace.steps()
    #expect(steps.map { $0["step"] } == (1...40).map(JSON.integer))
    #expect(steps.map { $0["loss"] } == (try workspace.steps(in: whole)).map { $0["loss"] })
    let text = try readme()
    #expect(text.contains("\nsteps: 40\n"))
    #expect(text.contains("Started with `steps: 20`; `steps: 40` since step 21."))
  }

  @Test func epochsMayBecomeMoreToo() throws {
    _ = try workspace.distill(["--epochs", "2"])
    #expect(try resume(["--epochs", "3"]).code == 0)
    #expect(try workspace.steps().count == 9)
    let text = try readme()
    #expect(text.contains("\nepochs: 3\n") && !text.contains("\nsteps: "))
  }

  @Test func optionsLeftOutKeepTheirRecordedValues() throws {
    _ = try workspace.distill(["--steps", "6", "--patience", "3"])
    let again = try resume([])
    #expect(again.code == 0)
    #expect(!again.errors.contains("in place of"))
    #expect(try workspace.steps().count == 6)
    #expect(try readme().contains("\npatience: 3\n"))
  }

  @Test func aScheduleThatFallsToTheEndKeepsItsLength() throws {
    let linear = ["--schedule", "linear"]
    _ = try workspace.distill(["--steps", "4"] + linear)
    let checkpoint = workspace.output.appending(path: "checkpoint-4").path
    let before = try workspace.softPrompt()
    try Program.expectRefusal(
      workspace.arguments + ["--output", workspace.output.path, "--resume", "--steps", "8"]
        + linear,
      "\(checkpoint): started for 4 steps, found 8; --schedule linear depends on their number, so the "
        + "steps that are done had other rates; only constant can continue")
    #expect(try workspace.softPrompt() == before)
    #expect(try resume(["--steps", "4"] + linear).code == 0)
  }

  @Test func noTrainingEndsBeforeItsCheckpoint() throws {
    _ = try workspace.distill(["--steps", "4"])
    try Program.expectRefusal(
      workspace.arguments + ["--output", workspace.output.path, "--resume", "--steps", "3"],
      "--steps: expected a training of more than the 4 steps that are done, found 3 steps")
  }

  @Test func patienceThatIsOverDoesNoFurtherStep() throws {
    let restless = ["--steps", "400", "--learning-rate", "5", "--evaluate-every", "1"]
    _ = try workspace.distill(restless + ["--patience", "2"])
    let done = try workspace.steps().count
    #expect(done < 390)
    let again = try resume(restless)
    #expect(again.errors.contains("no better prompt for 2 evaluations"))
    #expect(try workspace.steps().count == done)
    let on = try resume(restless + ["--patience", "400", "--steps", "\(done + 5)"])
    #expect(on.code == 0, "\(on.errors)")
    #expect(try workspace.steps().count == done + 5)
  }
}
