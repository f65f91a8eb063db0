import Foundation
import JSON
import TestSupport
import Testing

/// Sweeps that several ranks share out, against the same sweeps by one.
@Suite(.serialized, .enabled(if: Launcher.isUsable, Launcher.reason))
struct RanksSweepTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func folder(_ name: String) -> URL { workspace.folder.url.appending(path: name) }

  private func arguments(_ tokens: String, _ more: [String], to output: URL) -> [String] {
    workspace.arguments(with: ["--tokens", tokens, "--steps", "8"] + more)
      + ["--output", output.path]
  }

  @Test(arguments: [[], ["--method", "kv"]]) func ranksFollowOne(method: [String]) throws {
    let one = folder("one")
    let alone = try Program.run(arguments("2,3", method, to: one))
    try #require(alone.code == 0, "\(alone.errors)")
    for ranks in [2, 3] {
      let output = folder("ranks-\(ranks)")
      let shared = try Launcher.run(ranks, arguments("2,3", method, to: output))
      try #require(shared.code == 0, "\(shared.allErrors)")
      #expect(shared.output.components(separatedBy: "Delivered: ").count == 2)
      for name in ["tokens-2", "tokens-3"] {
        let (member, reference) = (output.appending(path: name), one.appending(path: name))
        try workspace.expectSameTrajectory(member, as: reference, "\(ranks) ranks, \(name)")
        #expect(try workspace.json("metrics.json", in: member)["ranks"] == .integer(ranks))
      }
      #expect(
        try workspace.json("sweep.json", in: output)["delivered"]
          == workspace.json("sweep.json", in: one)["delivered"])
      #expect(
        FileManager.default.fileExists(atPath: output.appending(path: "report.html").path))
    }
  }

  /// A sweep that a rank's signal stops goes on to the same bits with as many ranks, and another
  /// number of ranks adds a size.
  @Test func aStoppedSweepGoesOn() throws {
    let options = ["--steps", "40", "--checkpoint-every", "10"]
    let (whole, output) = (folder("whole"), workspace.output)
    let all = try Launcher.run(2, arguments("2,3", options, to: whole))
    try #require(all.code == 0, "\(all.allErrors)")
    let running = try Launcher.start(2, arguments("2,3", options, to: output))
    let second = output.appending(path: "tokens-3/metrics.jsonl")
    while running.isRunning, ((try? Data(contentsOf: second).count) ?? 0) == 0 { usleep(1000) }
    if let last = try Launcher.processes(with: output.path).last { kill(last, SIGTERM) }
    let stopped = try running.wait()
    if stopped.code != 0 {
      #expect(
        stopped.failures == [
          "train-gpu: stopped; --resume continues the sweep in \(output.path)"
        ], "\(stopped.allErrors)")
    }
    let resumed = try Launcher.run(2, arguments("2,3", options + ["--resume"], to: output))
    try #require(resumed.code == 0, "\(resumed.allErrors)")
    #expect(!resumed.errors.contains("run 1 of 2"))
    for name in ["tokens-2", "tokens-3"] {
      #expect(
        try workspace.softPrompt(in: output.appending(path: name))
          == workspace.softPrompt(in: whole.appending(path: name)), "\(name)")
    }
    let added = try Launcher.run(3, arguments("2,3,5", options + ["--resume"], to: output))
    try #require(added.code == 0, "\(added.allErrors)")
    #expect(added.errors.contains("run 3 of 3: tokens-5"))
    #expect(!added.errors.contains("run 2 of 3"))
    #expect(
      try workspace.steps(in: output.appending(path: "tokens-5")).count == 40)
  }

  @Test func aBudgetThatNoneMeetsIsToldOnce() throws {
    let result = try Launcher.run(
      2, arguments("2,3", ["--kl-budget", "0"], to: workspace.output))
    #expect(result.code == 1)
    #expect(result.failures.count == 1)
    #expect(
      result.failures.first?.hasPrefix("train-gpu: no prompt is within --kl-budget 0.0") == true,
      "\(result.allErrors)")
  }

  /// Ranks with other sizes would wait for ever.
  @Test func otherSizesOfARankAreRefused() throws {
    let result = try Launcher.start([
      (1, arguments("2,3", [], to: workspace.output)),
      (1, arguments("2,3,5", [], to: workspace.output)),
    ]).wait()
    #expect(result.code != 0)
    #expect(result.failures.count == 1)
    #expect(
      result.failures.first?.hasSuffix(": expected the sweep of rank 0, found another") == true,
      "\(result.allErrors)")
    #expect(!FileManager.default.fileExists(atPath: workspace.output.path))
  }
}
