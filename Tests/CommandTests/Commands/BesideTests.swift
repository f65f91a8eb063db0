import Foundation
import JSON
import Safetensors
import TestSupport
import Testing

/// `distill --beside` from the command line.
@Suite struct BesideTests {
  let workspace: Workspace
  let soft: URL
  let kv: URL

  /// Another soft prompt and another prompt of keys and values, of another context.
  init() throws {
    workspace = try Workspace()
    soft = workspace.folder.url.appending(path: "soft")
    kv = workspace.folder.url.appending(path: "kv")
    let other = try workspace.folder.write("other.txt", "abaca is a cab; the back is bad.").path
    for (url, method) in [(soft, "embeddings"), (kv, "kv")] {
      let result = try workspace.distill(
        ["--steps", "8", "--method", method, "--tokens", "4", "--context", other], to: url)
      try #require(result.code == 0, "\(result.errors)")
    }
  }

  private func tensors(_ method: String, in output: URL? = nil) throws -> [[Float]] {
    let output = output ?? workspace.output
    guard method == "kv" else { return [try workspace.softPrompt(in: output)] }
    let file = try SafetensorsFile(contentsOf: output.appending(path: "cartridge.safetensors"))
    return try ["keys", "values"].map { try file.floats(of: $0) }
  }

  private static let methods = ["embeddings", "kv"]

  @Test(arguments: methods) func aRunSaysWhatStandsBesideIt(method: String) throws {
    let result = try workspace.distill([
      "--steps", "12", "--method", method, "--beside", soft.path, "--beside", kv.path,
    ])
    #expect(result.code == 0, "\(result.errors)")
    #expect(
      result.errors.contains(
        "8 pseudo-tokens of other prompts stand before them and stay as they are"))
    #expect(result.output.contains("behind 8 pseudo-tokens of 2 other prompts, as it was trained"))
    let metrics = try workspace.json("metrics.json")
    let beside = metrics["validation"]["beside"]
    guard case .array(let others) = beside["others"] else {
      Issue.record("expected a list")
      return
    }
    #expect(others.map { $0["tokens"] } == [.integer(4), .integer(4)])
    #expect(beside["without_prompt"]["pseudo_tokens"] == .integer(8))
    #expect(beside["alone"]["pseudo_tokens"] == .integer(3))
    for name in ["README.md", "cartridge.safetensors", "soft_prompt.safetensors"] {
      let url = workspace.output.appending(path: name)
      guard let data = try? Data(contentsOf: url) else { continue }
      for other in others {
        guard case .string(let digest) = other["sha256"] else {
          Issue.record("expected a text")
          continue
        }
        #expect(digest.count == 64 && data.range(of: Data(digest.utf8)) != nil, "\(name)")
      }
    }

    // evaluate with the same adapters in the same order gives the numbers of the report.
    let evaluated = try Program.run([
      "evaluate", "--model", workspace.model, "--device", "cpu", "--adapter", soft.path,
      "--adapter", kv.path, "--adapter", workspace.output.path, "--context", workspace.context,
      "--inputs", workspace.validation, "--response-tokens", "4", "--json",
    ])
    #expect(evaluated.code == 0, "\(evaluated.errors)")
    #expect(!evaluated.errors.contains("trained behind"))
    let found = try JSON(parsing: Array(evaluated.output.utf8))
    for key in ["kl", "kl_no_context", "gap_closed", "top1_agreement", "exact_match"] {
      let (value, expected) = (
        try #require(found[key].double), try #require(metrics["validation"][key].double)
      )
      #expect(abs(value - expected) <= 1e-5 * max(1, abs(expected)), "\(key)")
    }
    guard case .array(let alone) = found["adapters"] else {
      Issue.record("expected a list")
      return
    }
    for key in ["kl", "gap_closed", "top1_agreement", "exact_match"] {
      let (value, expected) = (
        try #require(alone[2][key].double), try #require(beside["alone"][key].double)
      )
      #expect(abs(value - expected) <= 1e-5 * max(1, abs(expected)), "\(key)")
    }
  }

  @Test(arguments: methods) func anExportHoldsTheTrainedPromptAlone(method: String) throws {
    _ = try workspace.distill(["--steps", "4", "--method", method, "--beside", kv.path])
    let output = workspace.folder.url.appending(path: "out")
    let result = try Program.run([
      "export", workspace.output.path, "--format", "peft-cartridge", "--output", output.path,
      "--device", "cpu", "--quiet",
    ])
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.hasPrefix("4 virtual tokens in "))
    let words = result.output.split(separator: " ")
    let index = try #require(words.firstIndex(of: "KL"))
    #expect(abs(try #require(Double(words[index + 2]))) < 1e-6)
    let readme = try String(contentsOf: output.appending(path: "README.md"), encoding: .utf8)
    #expect(
      readme.contains("This prompt was trained behind 1 other prompt, which the files here do"))
    // The run's own export too: its report compares it with the prompt alone.
    let own = try String(
      contentsOf: workspace.output.appending(path: "README.md"), encoding: .utf8)
    #expect(own.contains("This prompt was trained behind 1 other prompt, which the files here do"))
  }

  @Test(arguments: methods) func aResumedRunHasTheSameBits(method: String) throws {
    // An evaluation after every step: that of step 7 is the first run's last, and the best is the
    // same.
    let options = [
      "--method", method, "--beside", soft.path, "--beside", kv.path, "--evaluate-every", "1",
    ]
    _ = try workspace.distill(["--steps", "7"] + options)
    let resumed = try workspace.distill(["--steps", "13", "--resume"] + options)
    #expect(resumed.code == 0, "\(resumed.errors)")
    let whole = workspace.folder.url.appending(path: "whole")
    _ = try workspace.distill(["--steps", "13"] + options, to: whole)
    #expect(try tensors(method) == tensors(method, in: whole))
    let states = try [workspace.output, whole].map {
      try Data(contentsOf: $0.appending(path: "checkpoint-13/state.safetensors"))
    }
    #expect(states[0] == states[1])
    let (found, expected) = (
      try workspace.json("metrics.json"), try workspace.json("metrics.json", in: whole)
    )
    #expect(found["validation"] == expected["validation"])
  }

  @Test func aResumedRunKeepsWhatStandsBesideIt() throws {
    _ = try workspace.distill(["--steps", "4", "--beside", soft.path])
    let before = try workspace.softPrompt()
    let cases: [([String], String)] = [([], "none"), (["--beside", kv.path], "")]
    for (more, found) in cases {
      let result = try workspace.distill(["--steps", "8", "--resume"] + more)
      #expect(result.code == 2)
      #expect(
        result.errors.hasPrefix(
          "train-gpu: \(workspace.output.path)/checkpoint-4: started with the prompts beside it "),
        "\(result.errors)")
      #expect(result.errors.contains("found \(found)"))
      #expect(result.errorLines.count == 1)
    }
    #expect(try workspace.softPrompt() == before)
    // A run that was started alone gets none.
    _ = try workspace.distill(["--steps", "4", "--overwrite"])
    let result = try workspace.distill(["--steps", "8", "--resume", "--beside", soft.path])
    #expect(result.code == 2 && result.errors.contains("started with the prompts beside it none"))
  }

  /// The other prompts are read as they are, and left so.
  @Test func theOtherPromptStaysAsItIs() throws {
    let file = soft.appending(path: "soft_prompt.safetensors")
    let before = try Data(contentsOf: file)
    _ = try workspace.distill(["--steps", "6", "--beside", soft.path])
    #expect(try Data(contentsOf: file) == before)
    let losses = try workspace.steps().compactMap { $0["loss"]?.double }
    let alone = workspace.folder.url.appending(path: "alone")
    _ = try workspace.distill(["--steps", "6"], to: alone)
    #expect(try workspace.steps(in: alone).compactMap { $0["loss"]?.double } != losses)
  }

  @Test(arguments: ["first", "chunks", "random-text", "matched"])
  func everyStartOfKeysAndValuesTrainsBesideAnother(start: String) throws {
    let result = try workspace.distill([
      "--method", "kv", "--steps", "2", "--init", start, "--beside", kv.path,
    ])
    #expect(result.code == 0, "\(result.errors)")
  }

  @Test func aConfigurationFileNamesSeveral() throws {
    let file = try workspace.folder.write(
      "run.yaml", "beside: [\(soft.path), \(kv.path)]\nsteps: 2\n")
    let result = try workspace.distill(["--config", file.path])
    #expect(result.code == 0, "\(result.errors)")
    let metrics = try workspace.json("metrics.json")
    #expect(
      metrics["validation"]["beside"]["without_prompt"]["pseudo_tokens"] == .integer(8))
  }
}
