import Foundation
import JSON
import Safetensors
import TestSupport
import Testing

/// `--init matched`, and runs of no steps.
@Suite struct MatchedTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private static let matched = ["--method", "kv", "--init", "matched"]

  private func bytes(_ name: String, in output: URL? = nil) throws -> Data {
    try Data(contentsOf: (output ?? workspace.output).appending(path: name))
  }

  @Test func noStepsDeliverAWholeRun() throws {
    let result = try workspace.distill(Self.matched + ["--steps", "0"])
    // No step reads scores of training examples.
    let memory = try workspace.json("metrics.json")["memory"]
    #expect(memory["teacher_cache_bytes"] == .integer(0))
    try #require(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("0 steps in"))
    let names = try FileManager.default.contentsOfDirectory(atPath: workspace.output.path)
    for name in [
      "adapter_config.json", "adapter_model.safetensors", "cartridge.safetensors", "metrics.json",
      "metrics.jsonl", "checkpoint-0", "README.md", "answers.jsonl",
    ] {
      #expect(names.contains(name), "\(name)")
    }
    #expect(try workspace.steps().isEmpty)
    let metrics = try workspace.json("metrics.json")
    #expect(metrics["timing"]["step_seconds_median"].double == 0)
    #expect(metrics["timing"]["tokens_per_second"].double == 0)
    let evaluated = try Program.run([
      "evaluate", "--model", workspace.model, "--device", "cpu", "--quiet", "--adapter",
      workspace.output.path, "--context", workspace.context, "--inputs", workspace.validation,
      "--response-tokens", "4", "--json",
    ])
    #expect(evaluated.code == 0, "\(evaluated.errors)")
    let found = try JSON(parsing: Array(evaluated.output.utf8))
    let (kl, expected) = (
      try #require(found["kl"].double), try #require(metrics["validation"]["kl"].double)
    )
    #expect(abs(kl - expected) <= 1e-6 * max(1, expected))
  }

  @Test func aSeedGivesTheSameBytes() throws {
    _ = try workspace.distill(Self.matched + ["--steps", "0"])
    let other = workspace.folder.url.appending(path: "other")
    _ = try workspace.distill(Self.matched + ["--steps", "0"], to: other)
    for name in ["cartridge.safetensors", "adapter_model.safetensors"] {
      #expect(try bytes(name) == bytes(name, in: other), "\(name)")
    }
  }

  /// A run of no steps goes on as one that had more from the start, with options of steps that it
  /// had no use for.
  @Test(arguments: [
    (["--method", "kv", "--init", "matched"], []), ([], []),
    (["--loss", "reverse-kl"], ["--rollouts", "0.5"]),
  ])
  func aRunOfNoStepsIsResumed(method: [String], added: [String]) throws {
    _ = try workspace.distill(method + ["--steps", "0"])
    let again = try workspace.distill(method + ["--steps", "0", "--resume"])
    #expect(again.code == 0, "\(again.errors)")
    #expect(try workspace.steps().isEmpty)
    let resumed = try workspace.distill(method + added + ["--steps", "6", "--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    let whole = workspace.folder.url.appending(path: "whole")
    _ = try workspace.distill(method + added + ["--steps", "6"], to: whole)
    #expect(try workspace.steps().count == 6)
    #expect(
      try bytes("adapter_model.safetensors") == bytes("adapter_model.safetensors", in: whole))
  }

  @Test func rolloutsNeedAStep() throws {
    try #require(workspace.distill(["--loss", "reverse-kl", "--steps", "0"]).code == 0)
    try Program.expectRefusal(
      workspace.arguments(
        with: [
          "--loss", "reverse-kl", "--steps", "0", "--rollouts", "0.5", "--resume", "--output",
          workspace.output.path,
        ]), "--rollouts: expected 0 with --steps 0, found 0.5")
  }

  @Test func badInputIsRefusedInOneLine() throws {
    try workspace.expectRefusal(
      ["--init", "matched"],
      "--init: expected sampled, first, pooled, vocabulary, random, an adapter's folder or a .safetensors file "
        + "with --method embeddings, found matched")
    try workspace.expectRefusal(
      Self.matched + ["--tokens", "41"],
      "--tokens: expected 1 to 40, fewer than the context's 41 tokens, found 41")
    try workspace.expectRefusal(
      Self.matched + ["--steps=-1"], "--steps: expected 0 or more, found -1")
  }

  /// A quarter of the handbook's rows, without training.
  @Test func theMatchIsNearerThanRowsOfTheContext() throws {
    let handbook = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Examples/handbook")
    func divergence(_ start: String) throws -> Double {
      let output = workspace.folder.url.appending(path: start)
      let result = try Program.run([
        "distill", "--model", handbook.appending(path: "model").path, "--context",
        handbook.appending(path: "context.txt").path, "--inputs",
        handbook.appending(path: "train.jsonl").path, "--validation",
        handbook.appending(path: "heldout.jsonl").path, "--method", "kv", "--init", start,
        "--tokens", "116", "--steps", "0", "--device", "cpu", "--output", output.path, "--quiet",
      ])
      #expect(result.code == 0, "\(result.errors)")
      return try #require(try workspace.json("metrics.json", in: output)["validation"]["kl"].double)
    }
    let matched = try divergence("matched")
    #expect(matched < 0.1)
    #expect(try matched < 0.2 * divergence("first"))
    #expect(try matched < 0.2 * divergence("chunks"))
  }
}
