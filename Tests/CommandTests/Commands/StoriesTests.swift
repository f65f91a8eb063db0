import Foundation
import JSON
import TestSupport
import Testing

/// A whole distillation of a small trained model, with a real story as context.
@Suite(.enabled(if: SharedReference.isPresent, SharedReference.reason))
struct StoriesTests {
  private let folder: TemporaryFolder
  private let model: String
  private let context: String
  private let inputs: String

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
