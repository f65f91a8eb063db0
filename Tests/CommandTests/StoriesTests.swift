import Foundation
import Safetensors
import TestSupport
import Testing

/// The whole job on a small model that was really trained, with a real story as context.
@Suite(.enabled(if: SharedReference.isPresent, SharedReference.reason))
struct StoriesTests {
  private let folder: TemporaryFolder
  private let model: String
  private let context: String
  private let inputs: String

  /// " Once upon a time there was".
  private static let identifiers = "410,403,407,261,378,383,286"

  init() throws {
    folder = try TemporaryFolder()
    model = try SharedReference.url("models/stories260K").path
    let stories = try JSONDecoder().decode(
      [String].self,
      from: Data(contentsOf: SharedReference.url("texts/tinystories_1000.json")))
    context = try folder.write("context.txt", stories[0].prefix(600).description).path
    let openings = [
      "Once upon a time", "One day, Lily", "The dog was", "She said", "They went to the park",
      "Tom saw a", "In the morning", "The big red ball", "Her mom told", "A little boy", "The cat",
      "Then they",
    ]
    inputs = try folder.write(
      "inputs.jsonl", openings.map { "{\"prompt\": \" \($0)\"}" }.joined(separator: "\n")
    ).path
  }

  private func distill(_ name: String, _ more: [String] = []) throws -> URL {
    let output = folder.url.appending(path: name)
    let result = try Program.run(
      [
        "distill", "--model", model, "--context", context, "--inputs", inputs, "--output",
        output.path, "--device", "cpu", "--tokens", "8", "--response-tokens", "16",
        "--learning-rate", "0.1", "--batch-size", "10", "--quiet",
      ] + more)
    #expect((result.code, result.errors) == (0, ""))
    return output
  }

  private func validation(_ run: URL) throws -> JSON {
    let bytes = [UInt8](try Data(contentsOf: run.appending(path: "metrics.json")))
    return try JSON(parsing: bytes)["validation"]
  }

  /// The largest difference of our logits from PEFT's, over PEFT's largest logit.
  private func difference(of adapter: URL, from peft: URL) throws -> Float {
    let output = folder.url.appending(path: "logits.safetensors")
    let result = try Program.run([
      "logits", "--model", model, "--adapter", adapter.path, "--ids", Self.identifiers, "--output",
      output.path, "--device", "cpu", "--quiet",
    ])
    #expect((result.code, result.errors) == (0, ""))
    let found = try SafetensorsFile(contentsOf: output).floats(of: "logits", shape: [7, 512])
    let expected = try SafetensorsFile(contentsOf: peft).floats(of: "logits", shape: [7, 512])
    let error = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
    return error / (expected.map(abs).max() ?? 0)
  }

  @Test func adaptersGiveTheLogitsThatPEFTGives() throws {
    let golden = Golden.folder.appending(path: "peft")
    let error = try difference(
      of: golden.appending(path: "adapter"), from: golden.appending(path: "expected.safetensors"))
    #expect(error < 1e-4)
  }

  @Test(.enabled(if: Golden.hasPEFT, Golden.peftReason))
  func exportedAdaptersLoadInPEFT() throws {
    let run = try distill("run", ["--steps", "20"])
    let expected = folder.url.appending(path: "peft.safetensors")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", Golden.folder.appending(path: "peft/logits.py").path, model, run.path,
      Self.identifiers, expected.path,
    ]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    #expect(try difference(of: run, from: expected) < 1e-4)
  }

  @Test func theSoftPromptClosesMostOfTheGap() throws {
    let numbers = try validation(try distill("run", ["--steps", "60"]))
    #expect(try #require(numbers["gap_closed"].double) > 0.8)
    #expect(numbers["exact_match_full_context"].double == 1)
  }

  @Test func allKindsOfTeacherCacheEndAtTheSameDivergence() throws {
    let found = try ["logits", "hidden", "projected"].map { kind in
      let run = try distill(kind, ["--teacher-cache", kind, "--steps", "40"])
      return try #require(try validation(run)["kl"].double)
    }
    for divergence in found { #expect(abs(divergence / found[1] - 1) < 0.01) }
  }
}

/// Reference files of this package, and the tools that make them.
enum Golden {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Golden")

  static let peftReason: Comment = "needs python3 with torch, transformers and peft (pip install)"

  static let hasPEFT: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", "import torch, transformers, peft, safetensors"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()
}
