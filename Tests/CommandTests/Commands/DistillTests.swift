import Foundation
import JSON
import TestSupport
import Testing

@Suite struct DistillTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  @Test func aRunLeavesItsFilesAndSaysWhere() throws {
    let result = try workspace.distill(["--steps", "12"])
    #expect(result.code == 0, "\(result.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: workspace.output.path).sorted()
    #expect(
      names == [
        "README.md", "adapter_config.json", "adapter_model.safetensors", "answers.jsonl",
        "checkpoint-12", "evaluations.jsonl", "files.json", "heldout_answers.jsonl",
        "metrics.json",
        "metrics.jsonl", "report.html", "soft_prompt.safetensors", "tokenizer.json",
        "tokenizer_config.json",
      ])
    for text in [
      "answer before first difference", "ROUGE-L", "log-likelihood", "drift: KL",
      "3 pseudo-tokens in place of", "no context", "learned prompt", "full context", "exact match",
      workspace.output.path, "PeftModel.from_pretrained", "README.md shows how", "report.html",
      "evaluations.jsonl, heldout_answers.jsonl",
    ] { #expect(result.output.contains(text)) }
    #expect(!result.output.contains("tensorboard"))
    let readme = try String(
      contentsOf: workspace.output.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains("- `evaluations.jsonl`, `heldout_answers.jsonl`: "))
    #expect(readme.contains("- `report.html`: ") && !readme.contains("tensorboard"))
  }

  @Test func theReportHasItsFields() throws {
    _ = try workspace.distill(["--steps", "12", "--seed", "5"])
    let metrics = try workspace.json("metrics.json")
    #expect(
      metrics.sortedKeys == [
        "compression_ratio", "context_tokens", "device", "made_with", "memory", "pseudo_tokens",
        "seed", "sizes", "threads", "timing", "tuned_kernels", "validation",
      ])
    #expect(
      metrics["validation"].sortedKeys == [
        "answer_prefix", "answer_prefix_full_context", "answer_prefix_no_context", "basis", "drift",
        "exact_match", "exact_match_full_context", "exact_match_no_context", "gap_closed",
        "intervals_95", "kl", "kl_no_context", "log_likelihood", "log_likelihood_full_context",
        "log_likelihood_no_context", "rouge_l", "rouge_l_full_context", "rouge_l_no_context",
        "top1_agreement", "top1_agreement_no_context",
      ])
    #expect(
      metrics["timing"].sortedKeys == [
        "step_seconds_median", "teacher_seconds", "tokens_per_second", "train_seconds",
      ])
    #expect(
      metrics["memory"].sortedKeys == ["device_bytes", "peak_host_bytes", "teacher_cache_bytes"])
    #expect(metrics["pseudo_tokens"] == .integer(3))
    #expect(metrics["device"] == .string("cpu"))
    #expect(metrics["tuned_kernels"] == .integer(0))
    #expect(metrics["seed"] == .integer(5))
    let context = try #require(metrics["context_tokens"].double)
    #expect(metrics["compression_ratio"].double == context / 3)
    let validation = metrics["validation"]
    let (kl, none) = (
      try #require(validation["kl"].double), try #require(validation["kl_no_context"].double)
    )
    #expect(kl > 0 && none > 0)
    #expect(abs(try #require(validation["gap_closed"].double) - (1 - kl / none)) < 1e-12)
    #expect(try #require(metrics["timing"]["tokens_per_second"].double) > 0)
    #expect(try #require(metrics["memory"]["peak_host_bytes"].double) > 1e6)
  }

  @Test func everyStepHasItsLine() throws {
    _ = try workspace.distill(["--steps", "12", "--schedule", "linear", "--warmup", "2"])
    let steps = try workspace.steps()
    #expect(steps.map { $0["step"] } == (1...12).map(JSON.integer))
    #expect(
      steps.allSatisfy {
        $0.keys.sorted() == ["gradient_norm", "kl", "learning_rate", "loss", "seconds", "step"]
      })
    #expect(steps[0]["learning_rate"]?.double == 0)
    #expect(steps[2]["learning_rate"]?.double == 0.05)
    #expect(steps.allSatisfy { $0["kl"] == $0["loss"] })
  }

  @Test func trainingComesNearerToTheTeacher() throws {
    _ = try workspace.distill(["--steps", "60", "--no-shuffle", "--batch-size", "5"])
    let losses = try workspace.steps().compactMap { $0["loss"]?.double }
    #expect(try #require(losses.last) < 0.8 * losses[0])
  }

  @Test func theSameSeedGivesTheSameBits() throws {
    let other = workspace.folder.url.appending(path: "other")
    _ = try workspace.distill(["--steps", "6"])
    _ = try workspace.distill(["--steps", "6"], to: other)
    #expect(try workspace.softPrompt() == workspace.softPrompt(in: other))
    let third = workspace.folder.url.appending(path: "third")
    _ = try workspace.distill(["--steps", "6", "--seed", "1"], to: third)
    #expect(try workspace.softPrompt() != workspace.softPrompt(in: third))
  }

  @Test(arguments: [
    ["--loss", "js"], ["--loss", "reverse-kl", "--temperature", "2"],
    ["--teacher-cache", "logits"], ["--teacher-cache", "hidden"],
    ["--teacher-cache", "projected", "--temperature", "2"], ["--optimizer", "sgd"],
    ["--weight-decay", "0.1"], ["--clip-norm", "0.01"], ["--init", "first"], ["--init", "pooled"],
    ["--init", "vocabulary"], ["--init", "random"], ["--template", "chatml"],
    ["--precision", "bf16"], ["--precision", "f16"], ["--schedule", "cosine"],
    ["--response-temperature", "0.8"], ["--no-shuffle"], ["--validation", "0.4"],
  ])
  func everyOptionHasAnEffect(options: [String]) throws {
    let plain = workspace.folder.url.appending(path: "plain")
    #expect(try workspace.distill(["--steps", "6"], to: plain).code == 0)
    let result = try workspace.distill(["--steps", "6"] + options)
    #expect(result.code == 0, "\(result.errors)")
    let found = try workspace.softPrompt()
    #expect(found.allSatisfy { $0.isFinite })
    // A cache of another kind holds the same distributions, to within its rounding.
    if options == ["--teacher-cache", "hidden"] { return }
    #expect(try found != workspace.softPrompt(in: plain))
  }

  @Test func aFileCanBeTheStart() throws {
    let other = workspace.folder.url.appending(path: "other")
    _ = try workspace.distill(["--steps", "3"])
    let start = workspace.output.appending(path: "soft_prompt.safetensors").path
    // Where examples are held out, the start is delivered if it stays the best.
    let result = try workspace.distill(
      ["--steps", "3", "--init", start, "--validation", "0"], to: other)
    #expect(result.code == 0)
    #expect(try workspace.softPrompt() != workspace.softPrompt(in: other))
  }

  @Test func epochsAreStepsOverAllExamples() throws {
    _ = try workspace.distill(["--epochs", "3"])
    // Five examples in batches of two are three steps.
    #expect(try workspace.steps().count == 9)
  }

  @Test func nothingNeedBeHeldOut() throws {
    let result = try workspace.distill(["--steps", "3", "--validation", "0"])
    #expect(result.code == 0)
    #expect(try workspace.json("metrics.json")["validation"] == .null)
    #expect(result.output.contains("Nothing was held out"))
  }

  @Test(arguments: [(1, "0 held out"), (2, "1 held out"), (20, "2 held out")])
  func aTenthIsHeldOutByDefault(count: Int, message: String) throws {
    let inputs = try workspace.folder.write(
      "some.jsonl",
      (1...count).map {
        "{\"prompt\": \"\(String(repeating: "a", count: $0))\", \"completion\": \"b\"}\n"
      }.joined())
    let all = workspace.arguments
    let without = all.indices.filter {
      !["--validation", workspace.validation, "--evaluate-every"].contains(all[$0])
        && all[max(0, $0 - 1)] != "--evaluate-every"
    }
    let result = try Program.run(
      (without.map { all[$0] } + [
        "--output", workspace.output.path, "--inputs", inputs.path, "--steps", "1",
      ]).overridden)
    #expect(result.code == 0)
    #expect(result.errors.contains(message))
  }

  @Test func patienceEndsTheTraining() throws {
    // A rate so high that evaluations soon stop improving.
    let result = try workspace.distill([
      "--steps", "400", "--learning-rate", "5", "--patience", "2", "--evaluate-every", "1",
    ])
    #expect(result.code == 0)
    #expect(try workspace.steps().count < 400)
    #expect(result.errors.contains("no better prompt for 2 evaluations"))
  }

  @Test func identifiersAreTakenAsTheyAre() throws {
    let context = try workspace.folder.write("context.json", #"{"ids": [1, 2, 3, 4, 5, 1, 2, 3]}"#)
    let inputs = try workspace.folder.write(
      "ids.jsonl",
      """
      {"prompt_ids": [1, 2], "completion_ids": [3, 4]}
      {"prompt_ids": [3], "completion_ids": [1]}
      {"prompt_ids": [2, 2]}
      """)
    let result = try workspace.distill([
      "--steps", "3", "--context", context.path, "--inputs", inputs.path, "--validation", "0.4",
    ])
    #expect(result.code == 0, "\(result.errors)")
    #expect(try workspace.json("metrics.json")["context_tokens"] == .integer(8))
    // Only the soft prompt precedes the prompt.
    #expect(try workspace.json("adapter_config.json")["num_virtual_tokens"] == .integer(3))
  }

  @Test func quietMeansQuiet() throws {
    let result = try workspace.distill(["--steps", "3", "--quiet"])
    #expect((result.code, result.errors) == (0, ""))
    #expect(result.output.contains("3 pseudo-tokens"))
  }

  @Test func aDiskThatIsFullIsNoBadInput() throws {
    // A limit on the size of files simulates a full disk: a checkpoint is larger than two blocks,
    // all files that are written before it are smaller.
    let command =
      [Program.url.path]
      + workspace.arguments(with: ["--output", workspace.output.path, "--tokens", "8"])
    let result = try Program.run(
      ["-c", "trap '' XFSZ; ulimit -f 2; exec \"$@\"", "sh"] + command
        + ["--quiet", "--steps", "1"],
      of: URL(fileURLWithPath: "/bin/sh"))
    #expect(result.code == 1)
    #expect(
      result.errors
        == "train-gpu: \(workspace.output.path)/checkpoint-1.partial/state.safetensors: "
        + "cannot write: File too large\n")
  }

  @Test func aLossThatIsNoNumberStopsTheRunAndSavesTheLastGoodPrompt() throws {
    let result = try workspace.distill(["--steps", "50", "--learning-rate", "3e38"])
    #expect(result.code == 1)
    #expect(result.errors.contains("is not a finite number"))
    #expect(try workspace.softPrompt().allSatisfy(\.isFinite))
    #expect(!FileManager.default.fileExists(atPath: workspace.output.path + "/metrics.json"))
  }
}
