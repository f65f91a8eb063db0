import Foundation
import Safetensors
import TestSupport
import Testing

/// Adapters for the handbook's model, in PEFT and here.
@Suite struct PEFTTests {
  private let folder: TemporaryFolder
  private static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let golden = package.appending(path: "Tests/Golden/peft")
  private static let handbook = package.appending(path: "Examples/handbook")
  private static let model = handbook.appending(path: "model").path
  /// "Q: How early does the public get in?" and "A:" on a line of its own.
  private static let identifiers = "50,27,559,551,427,261,953,808,280,32,200,34,27"

  init() throws { folder = try TemporaryFolder() }

  /// The largest difference of our logits from PEFT's, over PEFT's largest logit.
  private func difference(of adapter: URL, from peft: URL) throws -> Float {
    let output = folder.url.appending(path: "logits.safetensors")
    let result = try Program.run([
      "logits", "--model", Self.model, "--adapter", adapter.path, "--ids", Self.identifiers,
      "--output", output.path, "--device", "cpu", "--quiet",
    ])
    #expect((result.code, result.errors) == (0, ""))
    let shape = [13, 2762]
    let found = try SafetensorsFile(contentsOf: output).floats(of: "logits", shape: shape)
    let expected = try SafetensorsFile(contentsOf: peft).floats(of: "logits", shape: shape)
    let error = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
    return error / (expected.map(abs).max() ?? 0)
  }

  @Test func adaptersGiveTheLogitsThatPEFTGives() throws {
    let error = try difference(
      of: Self.golden.appending(path: "adapter"),
      from: Self.golden.appending(path: "expected.safetensors"))
    #expect(error < 1e-4)
  }

  @Test(
    .enabled(if: Python.hasPEFT, Comment(rawValue: Python.peftReason)),
    arguments: ["embeddings", "kv"])
  func exportedAdaptersLoadInPEFT(method: String) throws {
    let run = folder.url.appending(path: "run")
    let result = try Program.run([
      "distill", "--model", Self.model, "--context",
      Self.handbook.appending(path: "context.txt").path, "--inputs",
      Self.handbook.appending(path: "heldout.jsonl").path, "--output", run.path, "--device", "cpu",
      "--tokens", "4", "--steps", "4", "--quiet", "--method", method,
    ])
    try #require(result.code == 0, "\(result.errors)")
    let expected = folder.url.appending(path: "peft.safetensors")
    try #require(
      Python.run([
        Self.golden.appending(path: "logits.py").path, Self.model, run.path, Self.identifiers,
        expected.path,
      ]))
    #expect(try difference(of: run, from: expected) < 1e-4)
  }
}
