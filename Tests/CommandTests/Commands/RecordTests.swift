import Foundation
import JSON
import TestSupport
import Testing

/// The record of a run's inputs and options, and the messages where they have changed.
@Suite struct RecordTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func evaluate(_ more: [String] = []) throws -> Program.Result {
    try Program.run(
      [
        "evaluate", "--model", workspace.model, "--device", "cpu", "--adapter",
        workspace.output.path,
        "--context", workspace.context, "--inputs", workspace.validation,
      ] + more)
  }

  @Test func aResumedRunHasAsManyThreads() throws {
    _ = try workspace.distill(["--steps", "4", "--threads", "2"])
    let before = try workspace.json("metrics.json")
    #expect(before["threads"] == .integer(2))
    let readme = try String(
      contentsOf: workspace.output.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains("The same bits come with 2 threads (`threads: 2`)."))
    let arguments = workspace.arguments.filter { !["--threads", "1"].contains($0) }
    let resume = arguments + ["--output", workspace.output.path, "--resume", "--steps"]
    let again = try Program.run(resume + ["6"])
    #expect(again.code == 0, "\(again.errors)")
    #expect(!again.errors.contains("thread"))
    #expect(try workspace.json("metrics.json")["threads"] == .integer(2))
    let other = try Program.run(resume + ["8", "--threads", "1"])
    #expect(other.code == 0, "\(other.errors)")
    #expect(
      other.errorLines.contains(
        "warning: the run was started with 2 threads and continues with 1: last digits will be others "
          + "than those of a run without a stop; --threads 2 keeps them"))
  }

  /// Removes from a checkpoint what the first programs did not write: checksums, threads, and how
  /// files are read.
  private func makeEarlier(_ checkpoint: String) throws {
    let url = workspace.output.appending(path: "\(checkpoint)/state.json")
    guard case .object(var state) = try JSON(parsing: [UInt8](Data(contentsOf: url))) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    for key in ["sha256", "tensors_sha256", "threads", "input_reading"] { state[key] = nil }
    try Data(JSON.object(state).text().utf8).write(to: url)
  }

  @Test func aRunOfAnEarlierProgramContinues() throws {
    let inputs = try workspace.folder.write(
      "ended.jsonl",
      #"""
      {"prompt": "the cab", "completion": " has<|im_end|>"}
      {"prompt": "a bad", "completion": " back<|im_end|>"}
      {"prompt": "a cabbage is"}
      """#)
    let more = ["--inputs", inputs.path, "--validation", "0"]
    _ = try workspace.distill(["--steps", "4"] + more)
    try makeEarlier("checkpoint-4")
    let resumed = try workspace.distill(["--steps", "8", "--resume"] + more)
    #expect(resumed.code == 0, "\(resumed.errors)")
    let whole = workspace.folder.url.appending(path: "whole")
    _ = try workspace.distill(["--steps", "8"] + more, to: whole)
    #expect(try workspace.softPrompt() == workspace.softPrompt(in: whole))
  }

  @Test func aRunOfAnEarlierProgramKeepsItsReadingOfTheInputs() throws {
    _ = try workspace.distill(["--steps", "4"])
    try makeEarlier("checkpoint-4")
    // Read by the old rules, without end tokens, these are not the inputs of this checkpoint.
    let refused = try workspace.distill(["--steps", "6", "--resume"])
    #expect(refused.code == 2)
    #expect(refused.errors.contains("checkpoint-4: started with the inputs "))
  }

  @Test func anEvaluationAgainstAnotherContextSaysSo() throws {
    _ = try workspace.distill(["--steps", "4"])
    #expect(try !evaluate().errors.contains("was made for"))
    try workspace.folder.write("context.txt", Workspace.contextText + "more")
    let other = try evaluate()
    #expect(other.code == 0)
    #expect(
      other.errors.contains(
        "warning: \(workspace.context): the tokens of this context are not those of the context that "
          + "\(workspace.output.path) was made for"))
  }

  @Test func windowsLineEndsGiveTheSameRunAndAreNamed() throws {
    let lines = "the cab has a bad back;\na cabbage is abaca.\n"
    try workspace.folder.write("context.txt", lines)
    _ = try workspace.distill(["--steps", "4"])
    try workspace.folder.write("context.txt", lines.replacing("\n", with: "\r\n"))
    let other = workspace.folder.url.appending(path: "other")
    let result = try workspace.distill(["--steps", "4"], to: other)
    #expect(
      result.errors.contains(
        "\(workspace.context): line ends CR LF and CR are read as LF, which has other tokens")
    )
    let name = "soft_prompt.safetensors"
    #expect(
      try Data(contentsOf: workspace.output.appending(path: name))
        == Data(contentsOf: other.appending(path: name)))
  }

  @Test func twoRunsInAChatTemplateAreTheSameBytes() throws {
    let other = workspace.folder.url.appending(path: "other")
    _ = try workspace.distill(["--steps", "2", "--template", "chatml"])
    sleep(1)
    _ = try workspace.distill(["--steps", "2", "--template", "chatml"], to: other)
    for name in ["soft_prompt.safetensors", "adapter_model.safetensors", "adapter_config.json"] {
      #expect(
        try Data(contentsOf: workspace.output.appending(path: name))
          == Data(contentsOf: other.appending(path: name)), "\(name)")
    }
  }

  @Test func addedEndTokensAndFewExamplesAreReported() throws {
    let result = try workspace.distill(["--steps", "2"])
    #expect(
      result.errors.contains(
        "<|im_end|>, the model's end token, is added to 5 completions without it; completion_ids are "
          + "taken as they are"))
    #expect(
      result.errors.contains(
        "warning: the held-out numbers rest on 2 examples and say little; --validation names more"))
    #expect(result.output.contains("On 2 held-out examples of "))
    #expect(result.output.contains("95 % interval"))
    #expect(result.output.contains("\nKL: distance of the predicted distributions"))
    let evaluation = try JSON(parsing: Array(evaluate(["--json", "--quiet"]).output.utf8))
    #expect(
      evaluation["intervals_95"].sortedKeys == [
        "answer_prefix", "exact_match", "gap_closed", "kl", "log_likelihood", "rouge_l",
        "top1_agreement",
      ])
    #expect(evaluation["examples"] == .integer(2))
  }

  @Test func answersAreInTheOrderOfTheFile() throws {
    let prompts = ["the cab", "a bad", "a cabbage is", "back", "has a", "is", "cab", "bad"]
    let inputs = try workspace.folder.write(
      "open.jsonl", prompts.map { "{\"prompt\": \"\($0)\"}" }.joined(separator: "\n")
    ).path
    let more = ["--inputs", inputs, "--validation", "0.4", "--checkpoint-every", "4"]
    let result = try workspace.distill(["--steps", "8"] + more)
    try #require(result.code == 0, "\(result.errors)")
    let file = workspace.output.appending(path: "answers.jsonl")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    let numbers = try lines.map { try JSON(parsing: Array($0.utf8))["line"] }
    #expect(numbers == (1...8).map(JSON.integer))

    let whole = try workspace.softPrompt()
    try FileManager.default.removeItem(at: workspace.output.appending(path: "checkpoint-8"))
    let resumed = try workspace.distill(["--steps", "8", "--resume"] + more)
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try workspace.softPrompt() == whole)
  }
}
