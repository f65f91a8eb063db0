import Foundation
import JSON
import TestSupport
import Testing

/// `distill --rollouts`: the student answers training prompts during its training.
@Suite struct RolloutCommandTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  static let options = [
    "--rollouts", "0.5", "--refresh-every", "3", "--loss", "reverse-kl", "--checkpoint-every", "1",
  ]

  private func bytes(_ name: String, in folder: URL) throws -> Data {
    try Data(contentsOf: folder.appending(path: name))
  }

  private func rollouts(in folder: URL? = nil) throws -> [JSON] {
    let url = (folder ?? workspace.output).appending(path: "rollouts.jsonl")
    return try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
      .map { try JSON(parsing: Array($0.utf8)) }
  }

  @Test func aRunRecordsItsRollouts() throws {
    let result = try workspace.distill(Self.options + ["--steps", "7", "-v"])
    #expect(result.code == 0, "\(result.errors)")
    // Three of five prompts come in three steps of two.
    #expect(result.errors.contains("3 answers of the student every 3 steps; the teacher cache has"))
    #expect(result.errors.contains("before step 4: 3 rollouts at "))
    let lines = try rollouts()
    #expect(lines.map { $0["step"] } == [1, 1, 1, 4, 4, 4, 7, 7, 7].map(JSON.integer))
    for line in lines {
      guard case .array(let tokens) = line["completion_ids"] else {
        Issue.record("expected tokens")
        return
      }
      #expect((1...4).contains(tokens.count))
      #expect(line["file"] == .string(workspace.inputs))
      #expect(line["is_cut"] == .bool(tokens.last != .integer(8)))
    }
    let metrics = try workspace.json("metrics.json")
    #expect(metrics["rollouts"]["answers"] == .integer(9))
    #expect(metrics["made_with"]["options"]["rollouts"] == .number(0.5))
    #expect(metrics["made_with"]["options"]["refresh-every"] == .integer(3))
    for step in try workspace.steps() {
      let (rollouts, tokens) = (step["rollouts"], step["tokens"])
      #expect(try #require(rollouts?.double) <= 2 && #require(tokens?.double) > 3)
    }
    let taken = try workspace.steps().reduce(0) { $0 + ($1["rollouts"]?.double ?? 0) }
    #expect(taken > 0)
    let readme = try String(
      contentsOf: workspace.output.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains("- `rollouts.jsonl`: 9 answers of the student with "))
    #expect(readme.contains("rollouts: 0.5\n") && readme.contains("refresh-every: 3\n"))
    let page = try String(
      contentsOf: workspace.output.appending(path: "report.html"), encoding: .utf8)
    #expect(page.contains("9 answers of the student with ") && page.contains("refresh-every: 3"))
    #expect(result.output.contains("rollouts.jsonl"))
  }

  /// Stopped before a refresh, after step 9, or between two, after step 8: the run ends with the
  /// same bytes.
  @Test(arguments: [
    [], ["--method", "kv", "--loss", "js"], ["--rollouts", "1", "--refresh-every", "1"],
    ["--loss", "forward-kl", "--no-shuffle"], ["--teacher-cache", "hidden", "--batch-size", "4"],
  ])
  func aStoppedRunEndsWithTheSameBytes(more: [String]) throws {
    let prompt = more.contains("kv") ? "cartridge.safetensors" : "soft_prompt.safetensors"
    func results() throws -> ([Data], [[JSON?]], [JSON]) {
      let metrics = try workspace.json("metrics.json")
      return (
        try [prompt, "adapter_model.safetensors", "rollouts.jsonl", "answers.jsonl"].map {
          try bytes($0, in: workspace.output)
        },
        try workspace.steps().map { [$0["loss"], $0["rollouts"], $0["tokens"]] },
        [metrics["validation"], metrics["rollouts"]]
      )
    }
    for (every, step) in [("3", 9), ("4", 8)] {
      let options = Self.options + more + ["--steps", "11", "--checkpoint-every", every]
      let all = try workspace.distill(options + ["--overwrite"])
      #expect(all.code == 0, "\(all.errors)")
      let whole = try results()
      try FileManager.default.removeItem(at: workspace.output.appending(path: "checkpoint-11"))
      let rest = try workspace.distill(options + ["--resume"])
      #expect(rest.code == 0, "\(rest.errors)")
      #expect(rest.errors.contains("resumed after step \(step)"))
      #expect(try results() == whole)
    }
  }

  /// A killed run may have written answers that its checkpoint knows nothing of.
  @Test func answersAfterTheCheckpointAreMadeAgain() throws {
    let arguments = Self.options + ["--steps", "7"]
    #expect(try workspace.distill(arguments).code == 0)
    let prompt = try workspace.softPrompt()
    let lines = try bytes("rollouts.jsonl", in: workspace.output)
    try FileManager.default.removeItem(at: workspace.output.appending(path: "checkpoint-7"))
    let resumed = try workspace.distill(arguments + ["--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("resumed after step 6"))
    #expect(try workspace.softPrompt() == prompt)
    #expect(try bytes("rollouts.jsonl", in: workspace.output) == lines)
  }

  /// Every prompt with its own text, and a sweep: each run has rollouts of its own.
  @Test func severalSpansAndSizes() throws {
    let inputs = try workspace.writeInputsWithSpans()
    let options = Self.options + ["--inputs", inputs, "--validation", "0", "--steps", "7"]
    let whole = workspace.folder.url.appending(path: "spans")
    let result = try workspace.distill(options, to: whole)
    #expect(result.code == 0, "\(result.errors)")
    let parts = workspace.folder.url.appending(path: "parts")
    #expect(try workspace.distill(options + ["--steps", "5"], to: parts).code == 0)
    let rest = try workspace.distill(options + ["--resume"], to: parts)
    #expect(rest.code == 0, "\(rest.errors)")
    #expect(
      try bytes("rollouts.jsonl", in: parts) == bytes("rollouts.jsonl", in: whole))
    #expect(try workspace.softPrompt(in: parts) == workspace.softPrompt(in: whole))

    let sweep = try workspace.distill(Self.options + ["--tokens", "2,3", "--steps", "7"])
    #expect(sweep.code == 0, "\(sweep.errors)")
    let alone = workspace.folder.url.appending(path: "alone")
    let start = workspace.output.appending(path: "tokens-2").path
    #expect(
      try workspace.distill(
        Self.options + ["--tokens", "3", "--steps", "7", "--init", start], to: alone
      ).code == 0)
    let member = workspace.output.appending(path: "tokens-3")
    #expect(try workspace.softPrompt(in: member) == workspace.softPrompt(in: alone))
    #expect(
      try bytes("rollouts.jsonl", in: member) == bytes("rollouts.jsonl", in: alone))
  }

  /// Where positions leave less than `--response-tokens`, the largest prompt of a sweep leaves the
  /// least.
  @Test func answersOfASweepFitItsLargestPrompt() throws {
    let short = try TinyModel.write("short", in: workspace.folder, positions: 48).path
    let inputs = try workspace.folder.write(
      "given.jsonl",
      """
      {"prompt": "the cab", "completion": " has"}
      {"prompt": "a bad", "completion": " back"}
      {"prompt": "back", "completion": "; a"}
      """
    ).path
    let result = try workspace.distill(
      [
        "--model", short, "--teacher", workspace.model, "--inputs", inputs, "--validation", inputs,
        "--rollouts", "1", "--loss", "reverse-kl", "--response-tokens", "100", "--tokens", "2,9",
        "--steps", "2",
      ])
    #expect(result.code == 0, "\(result.errors)")
    for size in [2, 9] {
      #expect(try rollouts(in: workspace.output.appending(path: "tokens-\(size)")).count == 3)
    }
  }

  /// Nothing is trained any more, so there is no memory for answers, and the interval is recorded.
  @Test func aFinishedRunTellsOfNoRollouts() throws {
    let options = ["--rollouts", "0.5", "--loss", "reverse-kl", "--steps", "3"]
    let first = try workspace.distill(options)
    #expect(first.code == 0 && first.errors.contains("answers of the student every 10 steps"))
    let recorded = try workspace.json("metrics.json")["made_with"]["options"]
    #expect(recorded["refresh-every"] == .integer(10))
    let again = try workspace.distill(options + ["--resume"])
    #expect(again.code == 0, "\(again.errors)")
    #expect(!again.errors.contains("of the student every") && !again.errors.contains("0 tokens"))
    #expect(try workspace.distill(options.dropLast() + ["5", "--resume"]).code == 0)
  }

  @Test func aResumedRunKeepsItsRollouts() throws {
    #expect(try workspace.distill(Self.options + ["--steps", "4"]).code == 0)
    let checkpoint = workspace.output.appending(path: "checkpoint-4").path
    for (more, message) in [
      (["--rollouts", "0.25"], "--rollouts 0.5, found 0.25"),
      (["--refresh-every", "2"], "--refresh-every 3, found 2"),
    ] {
      try Program.expectRefusal(
        workspace.arguments(
          with: ["--output", workspace.output.path, "--resume", "--steps", "4"] + Self.options
            + more),
        "\(checkpoint): started with \(message); a resumed run keeps what it was started with")
    }
  }
}
