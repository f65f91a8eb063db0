import Foundation
import JSON
import TestSupport
import Testing

/// What a run records of how it came about, and what is said where it meets something else again.
@Suite struct RecordTests {
  private let place: Workplace

  init() throws { place = try Workplace() }

  private func evaluate(_ more: [String] = []) throws -> Program.Result {
    try Program.run(
      [
        "evaluate", "--model", place.model, "--device", "cpu", "--adapter", place.output.path,
        "--context", place.context, "--inputs", place.validation,
      ] + more)
  }

  @Test func aResumedRunHasAsManyThreads() throws {
    _ = try place.distill(["--steps", "4", "--threads", "2"])
    let before = try place.json("metrics.json")
    #expect(before["threads"] == .integer(2))
    let readme = try String(
      contentsOf: place.output.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains("The same bits come with 2 threads (`threads: 2`)."))
    let arguments = place.arguments.filter { !["--threads", "1"].contains($0) }
    let resume = arguments + ["--output", place.output.path, "--resume", "--steps"]
    let again = try Program.run(resume + ["6"])
    #expect(again.code == 0, "\(again.errors)")
    #expect(!again.errors.contains("thread"))
    #expect(try place.json("metrics.json")["threads"] == .integer(2))
    let other = try Program.run(resume + ["8", "--threads", "1"])
    #expect(other.code == 0, "\(other.errors)")
    #expect(
      other.errorLines.contains(
        "warning: the run was begun with 2 threads and goes on with 1: last digits will be others "
          + "than those of a run without a stop; --threads 2 keeps them"))
  }

  /// Takes out of a checkpoint what the first programs did not write: checksums, threads, and how files are read.
  private func makeEarlier(_ checkpoint: String) throws {
    let url = place.output.appending(path: "\(checkpoint)/state.json")
    guard case .object(var state) = try JSON(parsing: [UInt8](Data(contentsOf: url))) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    for key in ["sha256", "tensors_sha256", "threads", "input_reading"] { state[key] = nil }
    try Data(JSON.object(state).text().utf8).write(to: url)
  }

  @Test func aRunOfAnEarlierProgramGoesOn() throws {
    let inputs = try place.folder.write(
      "ended.jsonl",
      #"""
      {"prompt": "the cab", "completion": " has<|im_end|>"}
      {"prompt": "a bad", "completion": " back<|im_end|>"}
      {"prompt": "a cabbage is"}
      """#)
    let more = ["--inputs", inputs.path, "--validation", "0"]
    _ = try place.distill(["--steps", "4"] + more)
    try makeEarlier("checkpoint-4")
    let resumed = try place.distill(["--steps", "8", "--resume"] + more)
    #expect(resumed.code == 0, "\(resumed.errors)")
    let whole = place.folder.url.appending(path: "whole")
    _ = try place.distill(["--steps", "8"] + more, to: whole)
    #expect(try place.softPrompt() == place.softPrompt(in: whole))
  }

  @Test func aRunOfAnEarlierProgramKeepsItsReadingOfTheInputs() throws {
    _ = try place.distill(["--steps", "4"])
    try makeEarlier("checkpoint-4")
    // Read as then, without end tokens, these are not the inputs that this checkpoint was made from.
    let refused = try place.distill(["--steps", "6", "--resume"])
    #expect(refused.code == 2)
    #expect(refused.errors.contains("checkpoint-4: begun with the inputs "))
  }

  @Test func anEvaluationAgainstAnotherContextSaysSo() throws {
    _ = try place.distill(["--steps", "4"])
    #expect(try !evaluate().errors.contains("was made for"))
    try place.folder.write("context.txt", Workplace.contextText + "more")
    let other = try evaluate()
    #expect(other.code == 0)
    #expect(
      other.errors.contains(
        "warning: \(place.context): the tokens of this context are not those of the context that "
          + "\(place.output.path) was made for"))
  }

  @Test func windowsLineEndsGiveTheSameRunAndAreNamed() throws {
    let lines = "the cab has a bad back;\na cabbage is abaca.\n"
    try place.folder.write("context.txt", lines)
    _ = try place.distill(["--steps", "4"])
    try place.folder.write("context.txt", lines.replacing("\n", with: "\r\n"))
    let other = place.folder.url.appending(path: "other")
    let result = try place.distill(["--steps", "4"], to: other)
    #expect(
      result.errors.contains(
        "\(place.context): line ends CR LF and CR are read as LF, which other tokens stand for"))
    let name = "soft_prompt.safetensors"
    #expect(
      try Data(contentsOf: place.output.appending(path: name))
        == Data(contentsOf: other.appending(path: name)))
  }

  @Test func twoRunsInAChatTemplateAreTheSameBytes() throws {
    let other = place.folder.url.appending(path: "other")
    _ = try place.distill(["--steps", "2", "--template", "chatml"])
    sleep(1)
    _ = try place.distill(["--steps", "2", "--template", "chatml"], to: other)
    for name in ["soft_prompt.safetensors", "adapter_model.safetensors", "adapter_config.json"] {
      #expect(
        try Data(contentsOf: place.output.appending(path: name))
          == Data(contentsOf: other.appending(path: name)), "\(name)")
    }
  }

  @Test func addedEndTokensAndFewExamplesAreSaid() throws {
    let result = try place.distill(["--steps", "2"])
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
    #expect(evaluation["intervals_95"].sortedKeys.count == 4)
    #expect(evaluation["examples"] == .integer(2))
  }

  @Test func answersStandInTheOrderOfTheFile() throws {
    let prompts = ["the cab", "a bad", "a cabbage is", "back", "has a", "is", "cab", "bad"]
    let inputs = try place.folder.write(
      "open.jsonl", prompts.map { "{\"prompt\": \"\($0)\"}" }.joined(separator: "\n")
    ).path
    let more = ["--inputs", inputs, "--validation", "0.4", "--checkpoint-every", "4"]
    let result = try place.distill(["--steps", "8"] + more)
    try #require(result.code == 0, "\(result.errors)")
    let file = place.output.appending(path: "answers.jsonl")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    let numbers = try lines.map { try JSON(parsing: Array($0.utf8))["line"] }
    #expect(numbers == (1...8).map(JSON.integer))

    let whole = try place.softPrompt()
    try FileManager.default.removeItem(at: place.output.appending(path: "checkpoint-8"))
    let resumed = try place.distill(["--steps", "8", "--resume"] + more)
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try place.softPrompt() == whole)
  }
}
