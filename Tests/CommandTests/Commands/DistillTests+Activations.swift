import Compute
import Foundation
import TestSupport
import Testing

/// Activations rounded to bf16.
extension DistillTests {
  /// The training step rounds, the report states the error, and the prompt is nearly the exact one;
  /// where rounding is not supported, the error says so.
  @Test func roundedActivationsAreReported() throws {
    let options = ["--steps", "6", "--precision", "bf16"]
    let result = try workspace.distill(options + ["--activations", "bf16"])
    guard try Device().canRoundActivations else {
      #expect(result.code == 2)
      #expect(result.errors.contains("--activations: expected f32 on this device"))
      return
    }
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.errors.contains("activations are rounded to bf16"))
    let error = try #require(try workspace.json("metrics.json")["activation_rounding_error"].double)
    #expect(error > 0 && error < 0.05)
    let exact = workspace.folder.url.appending(path: "exact")
    #expect(try workspace.distill(options, to: exact).code == 0)
    let (found, expected) = (try workspace.softPrompt(), try workspace.softPrompt(in: exact))
    #expect(found != expected)
    #expect(relativeError(found, expected.map(Double.init)) < 0.1)
  }

  @Test func roundedActivationsNeedRoundedWeights() throws {
    let result = try workspace.distill(["--steps", "6", "--activations", "bf16"])
    #expect(result.code == 2)
    #expect(
      result.errors.contains(
        "--activations: expected f32 with --precision auto, here F32, found bf16"))
  }
}
