import Foundation
import TestSupport
import Testing

/// Options that would change nothing are refused by name.
@Suite struct IgnoredOptionsTests {
  private let workspace: Workspace
  init() throws { workspace = try Workspace() }

  /// The arguments of the workspace but for some options, with further ones as they are.
  private func expectRefusal(
    without names: [String] = [], _ more: [String], _ message: String
  ) throws {
    var own = workspace.arguments
    for name in names {
      if let index = own.firstIndex(of: name) { own.removeSubrange(index...(index + 1)) }
    }
    try Program.expectRefusal(own + ["--output", workspace.output.path] + more, message)
    #expect(!FileManager.default.fileExists(atPath: workspace.output.path))
  }

  /// Before questions are written for a training that is refused.
  @Test func whatHasNothingToDoIsRefusedBeforeAStudy() throws {
    for option in ["--evaluate-every", "--patience"] {
      try expectRefusal(
        without: ["--inputs", "--validation", "--evaluate-every"],
        ["--validation", "0", "--study-count", "2", option, "2"],
        "\(option): expected held-out examples to go by (--validation), found none")
    }
  }

  @Test func whatHasNothingToDoIsRefused() throws {
    try expectRefusal(
      without: ["--validation"], ["--validation", "0"],
      "--evaluate-every: expected held-out examples to go by (--validation), found none")
    try expectRefusal(
      ["--rollouts", "0.5", "--steps", "0"], "--rollouts: expected 0 with --steps 0, found 0.5")
    try expectRefusal(
      ["--method", "kv", "--learning-rate-keys", "0.01", "--learning-rate-values", "0.02"],
      "--learning-rate: expected nothing beside the rates of keys and of values, found 0.05")
    try expectRefusal(
      ["--warmup", "9", "--steps", "8"],
      "--warmup: expected at most the 8 steps of the training, found 9")
    // Four batches of at most two examples in two epochs are six steps.
    try expectRefusal(
      ["--warmup", "7", "--epochs", "2"],
      "--warmup: expected at most the 6 steps of the training, found 7")
    let whole = try workspace.distill(["--warmup", "8", "--steps", "8"])
    #expect(whole.code == 0, "\(whole.errors)")
  }

  @Test func anOptionOfOneValueIsGivenOnce() throws {
    try expectRefusal(["--tokens", "4"], "--tokens: expected once, found 3 and 4")
    try expectRefusal(["--tokens=4"], "--tokens: expected once, found 3 and 4")
    try expectRefusal(["--no-shuffle", "--shuffle"], "give one of --shuffle and --no-shuffle")
    // The command that needs no name.
    try Program.expectRefusal(
      ["--model", "a", "--seed", "1", "--model", "b"], "--model: expected once, found a and b")
    try Program.expectRefusal(
      ["logits", "--model", "a", "--text", "c", "--output", "o", "--model", "b"],
      "--model: expected once, found a and b")
    // Options with several values, flags and values that look like options.
    let repeated = try Program.run([
      "generate", "--model", workspace.model, "--prompt", "a", "--max-tokens", "1", "--device",
      "cpu", "--quiet", "--quiet", "--template", "chatml", "--template-variable", "a=1",
      "--template-variable", "b=2",
    ])
    #expect(!repeated.errors.contains("expected once"), "\(repeated.errors)")
    let given = try workspace.distill(
      ["--context", workspace.context, "--context", workspace.inputs, "--steps", "1"])
    #expect(given.code == 0, "\(given.errors)")
  }

  @Test func aConfigurationFileContradictsItselfNowhere() throws {
    let file = try workspace.folder.write("options.yaml", "shuffle: true\nno-shuffle: true\n").path
    try Program.expectRefusal(
      ["--config", file], "\(file): give one of shuffle and no-shuffle")
    // The command line wins over the file.
    let own = try workspace.folder.write("own.yaml", "shuffle: true\ntokens: 2\n").path
    let result = try workspace.distill(["--config", own, "--no-shuffle", "--steps", "1"])
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("3 pseudo-tokens"))
  }
}
