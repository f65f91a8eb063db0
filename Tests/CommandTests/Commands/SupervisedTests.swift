import Foundation
import JSON
import TestSupport
import Testing

/// `distill` on given responses: `--loss cross-entropy` and `--mix-cross-entropy`.
@Suite struct SupervisedTests {
  let workspace: Workspace
  /// Examples that all have responses.
  let complete: String

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
  func arguments(_ more: [String], output: URL? = nil) -> [String] {
    ([
      "distill", "--model", workspace.model, "--inputs", complete, "--validation", complete,
      "--output", (output ?? workspace.output).path, "--device", "cpu", "--threads", "1",
      "--tokens", "3", "--batch-size", "2", "--evaluate-every", "4", "--learning-rate", "0.05",
      "--loss", "cross-entropy",
    ] + more).overridden
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
    // What has no meaning without a context is left out.
    #expect(!metrics.sortedKeys.contains("compression_ratio"))
    #expect(
      metrics["validation"].sortedKeys == [
        "answer_prefix", "answer_prefix_no_context", "basis", "drift", "exact_match",
        "exact_match_no_context", "intervals_95", "log_likelihood", "log_likelihood_no_context",
        "rouge_l", "rouge_l_no_context",
      ])
    func lines(_ name: String) throws -> [JSON] {
      try String(contentsOf: workspace.output.appending(path: name), encoding: .utf8)
        .split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
    }
    for line in try lines("evaluations.jsonl") {
      #expect(line.sortedKeys == ["cross_entropy", "is_best", "step"])
    }
    for line in try lines("heldout_answers.jsonl") {
      #expect(line.sortedKeys == ["learned_prompt", "no_context", "prompt", "response"])
    }
    let page = try String(
      contentsOf: workspace.output.appending(path: "report.html"), encoding: .utf8)
    for part in [
      "Loss of training steps, cross-entropy", "Held-out cross-entropy", "recorded response",
      "the lowest cross-entropy",
    ] { #expect(page.contains(part), "\(part)") }
    for part in ["Held-out KL", "Held-out top-1", "What was forgotten", "gap to"] {
      #expect(!page.contains(part), "\(part)")
    }
    #expect(!result.errors.contains("top-1 agreement"))
    // There is no context whose cost the prompt's could be beside.
    #expect(!page.contains("1,000 calls"))
    let priced = workspace.folder.url.appending(path: "priced.html")
    let report = try Program.run([
      "report", workspace.output.path, "--output", priced.path, "--price", "4",
    ])
    #expect(report.code == 0, "\(report.errors)")
    // 3 tokens at 4 a million.
    let costs = try String(contentsOf: priced, encoding: .utf8)
    #expect(costs.contains("cost of the prompt in 1,000 calls"))
    #expect(costs.contains(#"<div class="value">0.012"#))
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

  @Test func aPromptWithoutAContextIsEvaluatedWithoutOne() throws {
    try #require(try Program.run(arguments(["--steps", "8"])).code == 0)
    func evaluate(_ more: [String]) throws -> Program.Result {
      try Program.run(
        [
          "evaluate", "--model", workspace.model, "--adapter", workspace.output.path, "--device",
          "cpu", "--threads", "1",
        ] + more)
    }
    let result = try evaluate(["--inputs", complete])
    try #require(result.code == 0, "\(result.errors)")
    #expect(result.output.hasPrefix("3 pseudo-tokens without a context\n"))
    #expect(result.output.contains("no prompt") && !result.output.contains("full context"))
    let json = try JSON(
      parsing: Array(evaluate(["--inputs", complete, "--json", "--quiet"]).output.utf8))
    #expect(json["context_tokens"] == .integer(0))
    let validation = try workspace.json("metrics.json")["validation"]
    for name in ["log_likelihood", "log_likelihood_no_context"] {
      let (found, own) = (json[name].double, validation[name].double)
      #expect(abs((found ?? 0) - (own ?? 1)) < 1e-5, "\(name)")
    }
    let open = try evaluate(["--inputs", workspace.inputs])
    #expect(open.code == 2)
    #expect(
      open.errors.contains(
        "inputs.jsonl:3: expected a response, because there is no context that answers follow from")
    )
    // Of a prompt that replaced a context, lines still need one.
    try #require(try workspace.distill(["--steps", "2", "--overwrite"]).code == 0)
    let replaced = try evaluate(["--inputs", complete])
    #expect(replaced.code == 2 && replaced.errors.contains("because no context is given"))
  }

  @Test func aSweepGoesByTheCrossEntropy() throws {
    let sweep = ["--tokens", "2,4", "--steps", "12", "--json"]
    let result = try Program.run(arguments(sweep))
    #expect(result.code == 0, "\(result.errors)")
    let record = try JSON(parsing: Array(result.output.utf8))
    guard case .array(let members) = record["members"] else {
      Issue.record("expected members")
      return
    }
    let losses = try members.map { try #require($0["cross_entropy"].double) }
    #expect(members.allSatisfy { !$0.sortedKeys.contains("kl") })
    let best = try #require(losses.indices.min { losses[$0] < losses[$1] })
    #expect(record["delivered"] == members[best]["folder"])
    let page = try String(
      contentsOf: workspace.output.appending(path: "report.html"), encoding: .utf8)
    #expect(page.contains("Held-out cross-entropy against tokens"))
    #expect(page.contains("has the lowest held-out cross-entropy"))
    #expect(!page.contains("Held-out KL"))
    try Program.expectRefusal(
      arguments(
        ["--tokens", "2,4", "--kl-budget", "1"],
        output: workspace.folder.url.appending(path: "other")),
      "--kl-budget: expected a context, from which the KL is measured, found none")
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

  /// With a context the teacher's own answers can be the targets.
  @Test func missingResponsesAreTheTeachersWithAContext() throws {
    let result = try workspace.distill(["--loss", "cross-entropy", "--steps", "4"])
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("full context"))
    // The KL to the context says something here, beside what training lowers.
    let validation = try workspace.json("metrics.json")["validation"]
    #expect(validation["kl"].double != nil && validation["gap_closed"].double != nil)
    let page = try String(
      contentsOf: workspace.output.appending(path: "report.html"), encoding: .utf8)
    for part in ["Held-out cross-entropy", "Held-out KL", "the lowest cross-entropy"] {
      #expect(page.contains(part), "\(part)")
    }
  }
}
