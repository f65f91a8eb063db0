import Foundation
import JSON
import TestSupport
import Testing

/// `distill` on given responses: `--loss cross-entropy` and `--mix-cross-entropy`.
@Suite struct SupervisedTests {
  private let workspace: Workspace
  /// Examples that all have responses.
  private let complete: String

  init() throws {
    workspace = try Workspace()
    complete = try workspace.folder.write(
      "complete.jsonl",
      """
      {"prompt": "the cab", "completion": " has"}
      {"prompt": "a bad", "completion": " back"}
      {"prompt": "back", "completion": "; a"}
      {"prompt": "has a", "completion": " bad"}
      """
    ).path
  }

  /// The arguments of a training without a context.
  private func arguments(_ more: [String], output: URL? = nil) -> [String] {
    [
      "distill", "--model", workspace.model, "--inputs", complete, "--validation", complete,
      "--output", (output ?? workspace.output).path, "--device", "cpu", "--threads", "1",
      "--tokens", "3", "--batch-size", "2", "--evaluate-every", "4", "--learning-rate", "0.05",
      "--loss", "cross-entropy",
    ] + more
  }

  @Test func noContextIsNeeded() throws {
    let result = try Program.run(arguments(["--steps", "60"]))
    #expect(result.code == 0, "\(result.errors)")
    #expect(
      result.output.hasPrefix("3 pseudo-tokens trained on the responses, without a context\n"))
    let table = result.output.split(separator: "\n\n")[1]
    #expect(table.contains("no prompt") && !table.contains("full context"))
    #expect(result.errors.contains("held-out cross-entropy "))
    let metrics = try workspace.json("metrics.json")
    #expect(metrics["context_tokens"] == .integer(0))
    let likelihood = metrics["validation"]["log_likelihood"].double
    let bare = metrics["validation"]["log_likelihood_no_context"].double
    #expect(try #require(likelihood) > (try #require(bare)) + 0.5)
    let readme = try String(
      contentsOf: workspace.output.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.hasPrefix("# 3 pseudo-tokens trained on given responses\n"))
    #expect(readme.contains("the lowest cross-entropy"))
    // The trained prompt is an adapter like others.
    let answer = try Program.run([
      "generate", "--model", workspace.model, "--adapter", workspace.output.path, "--prompt",
      "the cab",
      "--device", "cpu", "--max-tokens", "2", "--quiet",
    ])
    #expect(answer.code == 0, "\(answer.errors)")
  }

  @Test(arguments: [
    ["--loss", "cross-entropy"], ["--mix-cross-entropy", "0.25"],
    ["--mix-cross-entropy", "0.25", "--teacher-cache", "logits"],
  ])
  func aStoppedRunEndsWithTheSameBits(objective: [String]) throws {
    let whole = workspace.folder.url.appending(path: "whole")
    let parts = workspace.folder.url.appending(path: "parts")
    let all = try workspace.distill(objective + ["--steps", "12"], to: whole)
    #expect(all.code == 0, "\(all.errors)")
    #expect(try workspace.distill(objective + ["--steps", "5"], to: parts).code == 0)
    let rest = try workspace.distill(objective + ["--steps", "12", "--resume"], to: parts)
    #expect(rest.code == 0, "\(rest.errors)")
    for name in ["soft_prompt.safetensors"] {
      #expect(
        try Data(contentsOf: whole.appending(path: name))
          == Data(contentsOf: parts.appending(path: name)))
    }
    func losses(_ folder: URL) throws -> [String] {
      try String(contentsOf: folder.appending(path: "metrics.jsonl"), encoding: .utf8)
        .split(separator: "\n").map { line in
          let value = try JSON(parsing: Array(line.utf8))
          #expect(value["kl"] == .null)
          return value["loss"].text()
        }
    }
    #expect(try losses(whole) == losses(parts))
  }

  @Test(arguments: [
    (["--temperature", "2"], "--temperature: expected 1 with --loss cross-entropy, found 2.0"),
    (
      ["--teacher-cache", "hidden"],
      "--teacher-cache: expected auto with --loss cross-entropy, found hidden"
    ),
    (
      ["--mix-cross-entropy", "0.5"],
      "--mix-cross-entropy: expected 0 with --loss cross-entropy, found 0.5"
    ),
    (["--method", "kv"], "--method: expected embeddings without a context, found kv"),
    (
      ["--init", "sampled"],
      "--init: expected vocabulary, random or an adapter without a context, found sampled"
    ),
    (["--reconstruct", "0.2"], "--reconstruct: expected 0 without a context, found 0.2"),
  ])
  func whatHasNoMeaningIsRefused(more: [String], message: String) throws {
    try Program.expectRefusal(arguments(more), message)
    #expect(!FileManager.default.fileExists(atPath: workspace.output.path))
  }

  @Test(arguments: [
    (
      ["--mix-cross-entropy", "1"],
      "--mix-cross-entropy: expected a share from 0 to below 1, found 1.0"
    ),
    (
      ["--mix-cross-entropy", "0.5", "--temperature", "2"],
      "--temperature: expected 1 with --mix-cross-entropy 0.5, found 2.0"
    ),
    (
      ["--mix-cross-entropy", "0.5", "--loss", "js"],
      "--mix-cross-entropy: expected 0 with --loss js, found 0.5"
    ),
  ])
  func sharesThatHaveNoMeaningAreRefused(more: [String], message: String) throws {
    try workspace.expectRefusal(more, message)
  }

  @Test func responsesAreNeededWithoutAContext() throws {
    try workspace.folder.write(
      "complete.jsonl", "{\"prompt\": \"a\", \"completion\": \"b\"}\n{\"prompt\": \"c\"}\n")
    try Program.expectRefusal(
      arguments([]),
      "\(complete):2: expected a response, because there is no context that answers follow from, found "
        + "none")
  }

  /// With a context the teacher's own answers can be the targets.
  @Test func missingResponsesAreTheTeachersWithAContext() throws {
    let result = try workspace.distill(["--loss", "cross-entropy", "--steps", "4"])
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("full context"))
  }
}
