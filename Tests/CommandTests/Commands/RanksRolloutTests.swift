import Foundation
import JSON
import TestSupport
import Testing

/// Runs with rollouts that several ranks share out, against the same runs by one.
@Suite(.serialized, .enabled(if: Launcher.isUsable, Launcher.reason))
struct RanksRolloutTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private static let options = [
    "--rollouts", "0.5", "--refresh-every", "3", "--loss", "reverse-kl", "--steps", "11",
  ]

  private func folder(_ name: String) -> URL { workspace.folder.url.appending(path: name) }

  private func shared(
    _ ranks: Int, _ options: [String], to output: URL
  ) throws -> Program.Result {
    try Launcher.run(
      ranks, workspace.arguments(with: options) + ["--output", output.path])
  }

  private func rollouts(in output: URL) throws -> Data {
    try Data(contentsOf: output.appending(path: "rollouts.jsonl"))
  }

  /// The same answers, which the same steps take.
  @Test(arguments: [
    [], ["--method", "kv", "--loss", "js"], ["--rollouts", "1", "--refresh-every", "1"],
    ["--teacher-cache", "hidden", "--batch-size", "4"], ["--loss", "forward-kl"],
  ]) func ranksFollowOne(more: [String]) throws {
    let (options, one) = (Self.options + more, folder("one"))
    let alone = try workspace.distill(options, to: one)
    try #require(alone.code == 0, "\(alone.errors)")
    for ranks in [2, 3] {
      let output = folder("ranks-\(ranks)")
      let result = try shared(ranks, options, to: output)
      try #require(result.code == 0, "\(result.allErrors)")
      try workspace.expectSameTrajectory(output, as: one, "\(ranks) ranks")
      #expect(try rollouts(in: output) == rollouts(in: one))
      for key in ["rollouts", "tokens"] {
        #expect(
          try workspace.steps(in: output).map { $0[key] }
            == workspace.steps(in: one).map { $0[key] }, "\(key)")
      }
    }
  }

  /// Every prompt with its own text, where there are as many texts as ranks: each reads its own.
  @Test func ranksFollowOneWithSeveralSpans() throws {
    let inputs = try workspace.writeInputsWithSpans()
    let options = Self.options + ["--inputs", inputs, "--validation", "0"]
    let one = folder("one")
    let alone = try workspace.distill(options, to: one)
    try #require(alone.code == 0, "\(alone.errors)")
    for ranks in [2, 3] {
      let output = folder("ranks-\(ranks)")
      let result = try shared(ranks, options, to: output)
      try #require(result.code == 0, "\(result.allErrors)")
      #expect(try rollouts(in: output) == rollouts(in: one))
      let (found, expected) = (
        try workspace.numbers("loss", in: output), try workspace.numbers("loss", in: one)
      )
      for (value, reference) in zip(found, expected) {
        #expect(abs(value - reference) <= Tolerance.ranks.rawValue * abs(reference))
      }
      #expect(found.count == expected.count)
    }
  }

  /// Between two refreshes: as many ranks go on to the same bits, and others go on too.
  @Test func aStoppedRunGoesOn() throws {
    let options = Self.options + ["--checkpoint-every", "4"]
    let (whole, output) = (folder("whole"), workspace.output)
    for folder in [whole, output] {
      let result = try shared(2, options, to: folder)
      try #require(result.code == 0, "\(result.allErrors)")
    }
    func goOn(_ ranks: Int) throws {
      try FileManager.default.removeItem(at: output.appending(path: "checkpoint-11"))
      let resumed = try shared(ranks, options + ["--resume"], to: output)
      try #require(resumed.code == 0, "\(resumed.allErrors)")
      #expect(resumed.errors.contains("resumed after step 8"))
    }
    try goOn(2)
    #expect(try workspace.softPrompt(in: output) == workspace.softPrompt(in: whole))
    #expect(try rollouts(in: output) == rollouts(in: whole))
    try goOn(3)
    try workspace.expectSameTrajectory(output, as: whole, "resumed by 3")
    #expect(try rollouts(in: output) == rollouts(in: whole))
  }

  /// A sweep of runs that each have rollouts of their own.
  @Test func aSweepHasThemToo() throws {
    let options = Self.options + ["--tokens", "2,3"]
    let one = folder("one")
    try #require(try workspace.distill(options, to: one).code == 0)
    let result = try shared(2, options, to: workspace.output)
    try #require(result.code == 0, "\(result.allErrors)")
    for name in ["tokens-2", "tokens-3"] {
      #expect(
        try rollouts(in: workspace.output.appending(path: name))
          == rollouts(in: one.appending(path: name)))
    }
  }
}
