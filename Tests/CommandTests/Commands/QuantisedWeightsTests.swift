import Foundation
import JSON
import TestSupport
import Testing

/// `--precision q8_0|q4_0`: weights quantised at load.
@Suite struct QuantisedWeightsTests {
  private let workspace: Workspace
  /// With a model whose rows are whole blocks.
  private static let handbook = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Examples/handbook")

  init() throws { workspace = try Workspace() }

  /// The report states the error, in the run and in its file: that of transformers 5.23 on the same
  /// tokens, with weights through `quantize` and `dequantize` of gguf 0.19.
  @Test func theErrorIsReported() throws {
    let options = [
      "--model", Self.handbook.appending(path: "model").path, "--context",
      Self.handbook.appending(path: "context.txt").path, "--steps", "4",
    ]
    for (precision, error) in [("q8_0", 0.009469698), ("q4_0", 0.15045242)] {
      let output = workspace.folder.url.appending(path: precision)
      let result = try workspace.distill(options + ["--precision", precision], to: output)
      #expect(result.code == 0, "\(result.errors)")
      #expect(result.errors.contains("weights are quantised: the model's logits change by up to"))
      let metrics = try workspace.json("metrics.json", in: output)
      let found = try #require(metrics["weight_rounding_error"].double)
      #expect(abs(found - error) < 2e-6, "\(precision): \(found)")
      #expect(metrics["activation_rounding_error"].double == nil)
      #expect(try workspace.softPrompt(in: output).allSatisfy(\.isFinite))
    }
  }

  /// Commands that do not train say the same.
  @Test func otherCommandsSayTheError() throws {
    let model = Self.handbook.appending(path: "model").path
    let text = try workspace.folder.write("some.txt", "the cab").path
    for (command, arguments) in [
      ("generate", ["--prompt", "the cab", "--max-tokens", "2"]),
      (
        "logits",
        ["--text", "the cab", "--output", workspace.folder.url.appending(path: "l").path]
      ),
    ] {
      let common = [command, "--model", model, "--device", "cpu"] + arguments
      let result = try Program.run(common + ["--precision", "q4_0"])
      #expect(result.code == 0, "\(result.errors)")
      #expect(
        result.errors.contains("weights are quantised: the model's logits change by up to"),
        "\(command): \(result.errors)")
      #expect(
        try Program.run(common + ["--precision", "f32"]).errors.contains("quantised") == false)
    }
    let run = workspace.folder.url.appending(path: "quantised")
    _ = try workspace.distill(
      ["--model", model, "--context", text, "--steps", "1", "--tokens", "1"], to: run)
    let evaluated = try Program.run([
      "evaluate", "--model", model, "--device", "cpu", "--adapter", run.path, "--context", text,
      "--inputs", workspace.validation, "--precision", "q4_0", "--response-tokens", "2",
    ])
    #expect(evaluated.code == 0, "\(evaluated.errors)")
    #expect(evaluated.errors.contains("weights are quantised: the model's logits change by up to"))
  }

  /// 48 numbers of the feed-forward size are no whole blocks.
  @Test func rowsThatAreNoWholeBlocksAreRefused() throws {
    let result = try workspace.distill(["--steps", "4", "--precision", "q8_0"])
    #expect(result.code == 2)
    #expect(
      result.errors.contains(
        "/model/model.safetensors: model.layers.0.mlp.down_proj.weight: rows of 48 numbers cannot be stored as q8_0: expected "
          + "a multiple of 32; --precision bf16 or f32 holds them"),
      "\(result.errors)")
  }

  /// Formats that are only read from files cannot be chosen.
  @Test func otherFormatsAreRefused() throws {
    try workspace.expectRefusal(
      ["--precision", "q4_k"],
      "The value 'q4_k' is invalid for '--precision <type>': expected auto, f32, bf16, f16, q8_0 or "
        + "q4_0")
  }
}
