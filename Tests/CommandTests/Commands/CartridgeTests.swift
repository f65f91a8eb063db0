import Foundation
import JSON
import Safetensors
import TestSupport
import Testing

/// `--method kv` from the command line.
@Suite struct CartridgeTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private static let method = ["--method", "kv"]

  private func distill(_ more: [String], to output: URL? = nil) throws -> Program.Result {
    try workspace.distill(Self.method + more, to: output)
  }

  /// Keys and values of a finished run.
  private func cartridge(in output: URL? = nil) throws -> [[Float]] {
    let url = (output ?? workspace.output).appending(path: "cartridge.safetensors")
    let file = try SafetensorsFile(contentsOf: url)
    // L, k, G and D of the small model.
    return try ["keys", "values"].map { try file.floats(of: $0, shape: [2, 3, 2, 8]) }
  }

  @Test(arguments: [[], ["--template", "chatml"], ["--optimizer", "sgd", "--clip-norm", "1"]])
  func aRunLeavesItsFiles(options: [String]) throws {
    let result = try distill(["--steps", "12"] + options)
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.errors.contains("learning rate of keys 0.0500, of values 0.0500"))
    #expect(result.output.contains("cartridge.safetensors"))
    #expect(!result.output.contains("soft_prompt.safetensors"))
    let names = try FileManager.default.contentsOfDirectory(atPath: workspace.output.path)
    #expect(names.contains("cartridge.safetensors") && !names.contains("soft_prompt.safetensors"))
    #expect(try cartridge().allSatisfy { $0.allSatisfy(\.isFinite) })
    let config = try workspace.json("adapter_config.json")
    #expect(config["peft_type"] == .string("CARTRIDGE"))
    let readme = try String(
      contentsOf: workspace.output.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains("3 rows of keys and values"))
    #expect(readme.contains("CARTRIDGE"))
    #expect(!readme.contains("prompt_embeds"))
    let steps = try workspace.steps()
    #expect(steps.count == 12)
    for step in steps {
      for key in ["learning_rate", "learning_rate_keys", "learning_rate_values"] {
        #expect(step[key]?.double.map { Float($0) } == 0.05)
      }
    }
  }

  @Test func bothLearningRatesAreRecordedAndReadAgain() throws {
    let rates = ["--learning-rate-keys", "0.01", "--learning-rate-values", "0.04"]
    let result = try distill(["--steps", "3"] + rates)
    #expect(result.code == 0, "\(result.errors)")
    let resumed = try distill(["--steps", "5", "--resume"] + rates)
    #expect(resumed.code == 0, "\(resumed.errors)")
    let steps = try workspace.steps()
    #expect(steps.count == 5)
    for step in steps {
      #expect(step["learning_rate_keys"]?.double.map { Float($0) } == 0.01)
      #expect(step["learning_rate_values"]?.double.map { Float($0) } == 0.04)
      #expect(step["learning_rate"] == step["learning_rate_values"])
    }
    // The folder is known as a run's by them.
    let again = try distill(["--steps", "2", "--overwrite"] + rates)
    #expect(again.code == 0, "\(again.errors)")
  }

  @Test func trainingComesNearerToTheTeacher() throws {
    _ = try distill(["--steps", "60", "--no-shuffle", "--batch-size", "5"])
    let losses = try workspace.steps().compactMap { $0["loss"]?.double }
    #expect(try #require(losses.last) < 0.8 * losses[0])
  }

  @Test(arguments: ["first", "chunks", "random-text", "matched"])
  func everyStartTrains(start: String) throws {
    let result = try distill(["--steps", "2", "--init", start])
    #expect(result.code == 0, "\(result.errors)")
  }

  @Test func aFileIsAStart() throws {
    _ = try distill(["--steps", "3"])
    let file = workspace.output.appending(path: "cartridge.safetensors").path
    let other = workspace.folder.url.appending(path: "other")
    let rates = ["--learning-rate-keys", "0", "--learning-rate-values", "1e-30"]
    let result = try distill(["--steps", "1", "--init", file] + rates, to: other)
    #expect(result.code == 0, "\(result.errors)")
    #expect(try cartridge(in: other) == cartridge())
    // PEFT's rows hold header and closing too.
    let third = workspace.folder.url.appending(path: "third")
    let refused = try distill(
      ["--steps", "1", "--tokens", "2", "--init", file], to: third)
    #expect(refused.code == 2 || refused.code == 1)
    #expect(
      refused.errors.contains(
        "--init: expected keys and values of at most 2 tokens, found 3 tokens of keys in \(file)"))
  }

  @Test func aResumedRunHasTheSameBits() throws {
    _ = try distill(["--steps", "7", "--learning-rate-keys", "0.01"])
    let resumed = try distill(["--steps", "13", "--learning-rate-keys", "0.01", "--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    let whole = workspace.folder.url.appending(path: "whole")
    _ = try distill(["--steps", "13", "--learning-rate-keys", "0.01"], to: whole)
    #expect(try cartridge() == cartridge(in: whole))
    let (found, expected) = (
      try workspace.json("metrics.json"), try workspace.json("metrics.json", in: whole)
    )
    #expect(found["validation"] == expected["validation"])
  }

  @Test func aRunKeepsItsMethod() throws {
    _ = try distill(["--steps", "4"])
    let result = try workspace.distill(["--steps", "8", "--resume"])
    #expect(result.code != 0)
    #expect(
      result.errors.contains("started with --method \"kv\", found its default"), "\(result.errors)")
    let other = try workspace.distill(["--steps", "8", "--resume", "--init", "first"])
    #expect(other.errors.contains("started with --method \"kv\", found its default"))
    _ = try workspace.distill(["--steps", "4", "--overwrite"])
    let names = try FileManager.default.contentsOfDirectory(atPath: workspace.output.path)
    #expect(!names.contains("cartridge.safetensors"))
  }

  @Test func anAdapterOfKeysAndValuesIsUsed() throws {
    let result = try distill(["--steps", "20", "--template", "chatml"])
    try #require(result.code == 0, "\(result.errors)")
    let model = ["--model", workspace.model, "--device", "cpu", "--quiet"]
    let adapter = ["--adapter", workspace.output.path]
    let evaluated = try Program.run(
      ["evaluate"] + model + adapter + [
        "--context", workspace.context, "--inputs", workspace.validation, "--response-tokens", "4",
        "--json",
      ])
    #expect(evaluated.code == 0, "\(evaluated.errors)")
    let found = try JSON(parsing: Array(evaluated.output.utf8))
    let metrics = try workspace.json("metrics.json")
    for key in ["kl", "kl_no_context", "top1_agreement", "exact_match"] {
      let (value, expected) = (
        try #require(found[key].double), try #require(metrics["validation"][key].double)
      )
      #expect(abs(value - expected) <= 1e-6 * max(1, abs(expected)), "\(key)")
    }
    let answer = try Program.run(
      ["generate"] + model + adapter + ["--prompt", "the cab", "--max-tokens", "4"])
    #expect(answer.code == 0, "\(answer.errors)")
    let logits = workspace.folder.url.appending(path: "logits.safetensors")
    let written = try Program.run(
      ["logits"] + model + adapter + ["--ids", "3,4,5", "--output", logits.path])
    #expect(written.code == 0, "\(written.errors)")
  }

  @Test func badInputIsRefusedInOneLine() throws {
    try workspace.expectRefusal(
      Self.method + ["--init", "pooled"],
      "--init: expected first, chunks, random-text, matched, an adapter's folder or a .safetensors file with "
        + "--method kv, found pooled")
    try workspace.expectRefusal(
      ["--init", "chunks"],
      "--init: expected sampled, first, pooled, vocabulary, random, an adapter's folder or a .safetensors file with "
        + "--method embeddings, found chunks")
    try workspace.expectRefusal(
      ["--learning-rate-values", "0.1"],
      "--learning-rate-values: expected nothing with --method embeddings, found 0.1")
    try workspace.expectRefusal(
      Self.method + ["--tokens", "1000"],
      "--tokens: expected 1 to 40, fewer than the context's 41 tokens, found 1000")
  }
}
