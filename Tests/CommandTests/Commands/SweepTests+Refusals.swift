import Foundation
import TestSupport
import Testing

/// What a sweep refuses, before it writes anything.
extension SweepTests {
  /// A start that does not fit is refused before anything is written, and names its option.
  @Test func aStartOfAnotherSizeLeavesNothing() throws {
    let start = workspace.folder.url.appending(path: "start")
    try #require(workspace.distill(["--tokens", "4", "--steps", "0"], to: start).code == 0)
    let file = start.appending(path: "soft_prompt.safetensors").path
    for path in [start.path, file] {
      let message =
        "--init: expected embeddings of at most 3 tokens, found 4 tokens of soft_prompt in \(path)"
      try workspace.expectRefusal(["--tokens", "5,3", "--init", path], message)
      try workspace.expectRefusal(["--tokens", "3", "--init", path], message)
    }
    try workspace.expectRefusal(
      ["--method", "kv", "--init", file],
      "--init: expected keys and values of at most 3 tokens, found 4 tokens of soft_prompt in \(file)"
    )
    #expect(try sweep(["--init", file], tokens: "4,5").code == 0)
  }

  @Test func badInputIsRefused() throws {
    try workspace.expectRefusal(
      ["--kl-budget", "0.1"],
      "--kl-budget: expected several --tokens or methods to choose from, found 0.1 with one")
    try workspace.expectRefusal(
      ["--tokens", "2,2"], "--tokens: expected different numbers, found 2 twice")
    try workspace.expectRefusal(
      ["--tokens", "2,3", "--kl-budget", "-1"],
      "--kl-budget: expected a number of 0 or more, found -1.0")
    try workspace.expectRefusal(
      ["--tokens", "2,0"], "--tokens: expected 1 or more, found 0")
    try workspace.expectRefusal(
      ["--tokens", "2,3", "--validation", "0"],
      "--tokens: expected held-out examples to compare several by (--validation), found none")
    let words = try Program.run(workspace.arguments(with: ["--tokens", "2,x", "--output", "o"]))
    #expect(words.code == 2)
    #expect(
      words.errors == "train-gpu: The value '2,x' is invalid for '--tokens <k>': expected a whole "
        + "number, or several with commas between them\n")
    // A run is no sweep, and a sweep has all of its runs.
    _ = try workspace.distill(["--steps", "2"])
    let before = try text(workspace.output.appending(path: "metrics.json"))
    let run = try sweep(["--resume"])
    #expect(run.code == 2)
    #expect(
      run.errors == "train-gpu: \(workspace.output.path): expected a sweep to resume, with "
        + "sweep.json, found one run; --resume goes on with its own --tokens and method alone\n")
    #expect(try text(workspace.output.appending(path: "metrics.json")) == before)
    let other = workspace.folder.url.appending(path: "other")
    _ = try sweep(tokens: "2,3", to: other)
    let fewer = try sweep(["--resume"], tokens: "2,4", to: other)
    #expect(fewer.code == 2)
    #expect(
      fewer.errors == "train-gpu: \(other.path): started with the runs tokens-2, tokens-3, found "
        + "tokens-2, tokens-4; a resumed run keeps what it was started with\n")
  }
}
