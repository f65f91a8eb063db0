import Foundation
import JSON
import TestSupport
import Testing

/// The command `study`, and `distill` without inputs.
@Suite struct StudyTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  /// A random model writes questions that no filter would keep.
  private static let questions = [
    "--no-filter", "--question-tokens", "12", "--chunk-minimum", "8", "--chunk-maximum", "30",
  ]

  private func arguments(
    _ output: String = "study.jsonl", context: String? = nil
  ) -> [String] {
    [
      "study", "--model", workspace.model, "--context", context ?? workspace.context, "--output",
      path(output),
      "--count", "40", "--response-tokens", "4", "--temperature", "1.5", "--device", "cpu",
      "--threads", "1", "--held-out", "0.2",
    ] + Self.questions
  }

  private func path(_ name: String) -> String { workspace.folder.url.appending(path: name).path }

  private func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path(name)))
  }

  @Test func aStudyIsWrittenAndSaysWhatWasLeftOut() throws {
    let result = try Program.run(arguments())
    try #require(result.code == 0, "\(result.errors)")
    #expect(result.output.hasPrefix("40 conversations in 40 lines of \(path("study.jsonl")): "))
    #expect(result.output.contains(" left out: "))
    #expect(result.output.contains("held out: 8 conversations from "))
    let again = try Program.run(arguments())
    #expect((again.code, again.errors) == (0, ""))
    #expect(again.output == result.output)
    try Program.expectRefusal(
      (arguments() + ["--seed", "1"]).overridden,
      "\(path("study.jsonl")): started with --seed 0, found 1; a resumed run keeps what it was started with"
    )
    // More conversations are written after those that are there.
    let before = try bytes("study.jsonl")
    let more = try Program.run((arguments() + ["--count", "48"]).overridden)
    #expect(more.code == 0, "\(more.errors)")
    #expect(more.output.hasPrefix("48 conversations in 48 lines"))
    #expect(try bytes("study.jsonl").starts(with: before))
    // Distill holds out what the study kept apart.
    let run = try workspace.distill(
      ["--inputs", path("study.jsonl"), "--steps", "4", "--validation", "0.1"])
    try #require(run.code == 0, "\(run.errors)")
    #expect(!run.errors.contains("keys that mean nothing here"))
  }

  @Test func aKilledStudyEndsWithTheSameBytes() throws {
    let more = ["--count", "400"]
    let whole = try Program.run((arguments("whole.jsonl") + more).overridden)
    try #require(whole.code == 0, "\(whole.errors)")
    for signal in [SIGKILL, SIGINT] {
      let running = try Program.Running((arguments("killed-\(signal).jsonl") + more).overridden)
      while running.isRunning, ((try? bytes("killed-\(signal).jsonl").count) ?? 0) == 0 {
        usleep(500)
      }
      running.send(signal)
      let stopped = try running.wait()
      if signal == SIGINT { #expect(stopped.code == 130) }
      #expect(try bytes("killed-\(signal).jsonl").count < bytes("whole.jsonl").count)
      let resumed = try Program.run((arguments("killed-\(signal).jsonl") + more).overridden)
      #expect(resumed.code == 0, "\(resumed.errors)")
      #expect(try bytes("killed-\(signal).jsonl") == bytes("whole.jsonl"))
    }
  }

  /// `distill` without `--inputs` and `--validation`.
  private func distill(_ more: [String] = [], to output: String) throws -> Program.Result {
    try Program.run((distillArguments(output) + more).overridden)
  }

  private func distillArguments(_ output: String, context: String? = nil) -> [String] {
    [
      "distill", "--model", workspace.model, "--context", context ?? workspace.context, "--output",
      path(output),
      "--device", "cpu", "--threads", "1", "--tokens", "3", "--batch-size", "4", "--steps", "20",
      "--response-tokens", "4", "--study-count", "60",
    ] + Self.questions
  }

  private func tensors(_ output: String) throws -> [Float] {
    try workspace.softPrompt(in: URL(fileURLWithPath: path(output)))
  }

  /// Only a study takes the place of a study.
  @Test func otherFilesAreKept() throws {
    let file = path("notes.txt")
    try Data("mine".utf8).write(to: URL(fileURLWithPath: file))
    let result = try Program.run((arguments("notes.txt") + ["--overwrite"]).overridden)
    #expect(result.code == 2)
    #expect(
      result.errors
        == "train-gpu: \(file): expected a new file, or a study with its record notes.txt.record.json beside it, "
        + "found another file\n")
    #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == Data("mine".utf8))
  }

  @Test func modelAndContextAreEnough() throws {
    let result = try distill(to: "run")
    try #require(result.code == 0, "\(result.errors)")
    #expect(
      result.errors.contains(
        "no --inputs: the model writes 60 conversations about the context first, into \(path("run/study.jsonl"))\n"
      ))
    #expect(
      result.errors.contains(
        "held out: 6 examples of the study, from parts of the context of which no training question was "
          + "written\n"))
    #expect(result.errors.contains("54 examples of "))
    let estimate = #/(about|below) \d+ (s|min): study .*, training .* \(a rough estimate from /#
    #expect(result.errors.contains(estimate))
    #expect(result.output.contains("3 pseudo-tokens in place of"))
    let study = try bytes("run/study.jsonl")
    // A new run needs leave to replace it; a resumed one keeps its study.
    try Program.expectRefusal(
      distillArguments("run"),
      "\(path("run")): the output folder exists; --overwrite replaces the run in it, --resume continues it"
    )
    let resumed = try distill(["--resume", "--steps", "30"], to: "run")
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("resumed after step 20"))
    #expect(try bytes("run/study.jsonl") == study)
    let refused = try distill(["--resume", "--study-count", "61"], to: "run")
    #expect(refused.code == 2)
    #expect(refused.errors.contains("started with --study-count 60, found 61"))
    let replaced = try distill(["--overwrite", "--seed", "2"], to: "run")
    #expect(replaced.code == 0, "\(replaced.errors)")
    #expect(try bytes("run/study.jsonl") != study)
  }

  @Test func aRunThatWasStoppedInItsStudyGoesOn() throws {
    let more = ["--study-count", "400"]
    let whole = try distill(more, to: "whole")
    try #require(whole.code == 0, "\(whole.errors)")
    let running = try Program.Running((distillArguments("stopped") + more).overridden)
    while running.isRunning, ((try? bytes("stopped/study.jsonl").count) ?? 0) == 0 { usleep(500) }
    running.send(SIGTERM)
    #expect(try running.wait().code == 143)
    #expect(try bytes("stopped/study.jsonl").count < bytes("whole/study.jsonl").count)
    let resumed = try distill(more + ["--resume"], to: "stopped")
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try bytes("stopped/study.jsonl") == bytes("whole/study.jsonl"))
    #expect(try tensors("stopped") == tensors("whole"))
  }

  /// The lines alone are examples, with which the run goes on to the same bits.
  @Test func linesWithoutTheirRecordCanBeTheInputs() throws {
    try #require(distill(to: "run").code == 0)
    try #require(distill(["--steps", "24"], to: "whole").code == 0)
    let file = path("run/study.jsonl")
    try FileManager.default.removeItem(atPath: file + ".record.json")
    for mode in ["--resume", "--overwrite"] {
      try Program.expectRefusal(
        (distillArguments("run") + [mode, "--steps", "24"]).overridden,
        "\(file): expected the record of this study, \(file).record.json, found its lines alone; distill "
          + "--inputs \(file) trains on them, and once they are moved away --overwrite begins a new study"
      )
    }
    let options = Self.questions + ["--study-count", "60"]
    let inputs = distillArguments("run").filter { !options.contains($0) }
    let resumed = try Program.run(
      (inputs + ["--inputs", file, "--resume", "--steps", "24"]).overridden)
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try tensors("run") == tensors("whole"))
  }

  /// Training from the start would replace what a run whose checkpoints are gone has delivered.
  @Test func aFinishedRunWithoutCheckpointsDoesNotGoOn() throws {
    try #require(distill(to: "run").code == 0)
    let before = try (bytes("run/soft_prompt.safetensors"), bytes("run/metrics.jsonl"))
    try FileManager.default.removeItem(atPath: path("run/checkpoint-20"))
    try Program.expectRefusal(
      (distillArguments("run") + ["--resume", "--steps", "8"]).overridden,
      "\(path("run")): expected a checkpoint-N to resume from, found none; --overwrite starts a new run"
    )
    #expect(try (bytes("run/soft_prompt.safetensors"), bytes("run/metrics.jsonl")) == before)
  }

  /// Which examples are held out follows from the study or from a file.
  @Test func otherHeldOutExamplesThanTheStudysAreNamed() throws {
    let file = workspace.validation
    try #require(distill(["--steps", "1"], to: "own").code == 0)
    try #require(distill(["--steps", "1", "--validation", file], to: "file").code == 0)
    let what = "the held-out examples (--validation)"
    for (run, more, message) in [
      (
        "own", ["--validation", file],
        "\(what) a share of 0.1 of its own study, found those of \(file)"
      ),
      ("own", ["--validation", "0"], "--validation 0.1, found 0"),
      ("file", [], "\(what) those of a file, found a share of 0.1 of its own study"),
    ] {
      try Program.expectRefusal(
        (distillArguments(run) + ["--steps", "2", "--resume"] + more).overridden,
        "\(path(run))/study.jsonl: started with \(message); a resumed run keeps what it was started with"
      )
    }
  }

  @Test func badInputIsRefusedBeforeAnythingIsWritten() throws {
    try Program.expectRefusal(
      (distillArguments("run") + ["--study-count", "0"]).overridden,
      "--study-count: expected 1 or more, found 0")
    try Program.expectRefusal(
      (distillArguments("run") + ["--question-temperature=-1"]).overridden,
      "--question-temperature: expected 0 or a number from 1e-9 to 1e9, found -1.0")
    try Program.expectRefusal(
      (distillArguments("run") + ["--tokens", "400"]).overridden,
      "--tokens: expected 1 to 40, fewer than the context's 41 tokens, found 400")
    try Program.expectRefusal(
      distillArguments("run", context: "/none"), "/none: expected a file, found nothing")
    try Program.expectRefusal(
      (distillArguments("run") + ["--validation", "/none"]).overridden,
      "/none: expected a file, found nothing")
    let identifiers = try workspace.folder.write("context.json", "{\"ids\": [1, 2, 3]}").path
    try Program.expectRefusal(
      distillArguments("run", context: identifiers),
      "\(identifiers): expected a text, of which questions can be written, found token ids; --inputs names "
        + "examples")
    #expect(!FileManager.default.fileExists(atPath: path("run")))
    try Program.expectRefusal(
      arguments(context: identifiers),
      "\(identifiers): expected a text, of which questions can be written, found token ids; --inputs names "
        + "examples")
    try Program.expectRefusal(
      (arguments() + ["--rounds", "0"]).overridden, "--rounds: expected 1 or more, found 0")
    #expect(!FileManager.default.fileExists(atPath: path("study.jsonl")))
  }
}
