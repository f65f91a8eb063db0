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

  /// Nothing is fetched, loaded or studied for options that the training refuses.
  @Test func whatTheTrainingRefusesIsRefusedBeforeAStudy() throws {
    func refuse(_ more: [String], _ message: String) throws {
      try expectRefusal(
        without: ["--inputs", "--validation", "--evaluate-every", "--tokens"], more, message)
      // Before the model is looked for.
      try expectRefusal(
        without: ["--inputs", "--validation", "--evaluate-every", "--tokens", "--model"],
        more + ["--model", "nobody/nothing"], message)
    }
    try refuse(
      ["--tokens", "2,4", "--validation", "0"],
      "--tokens: expected held-out examples to compare several by (--validation), found none")
    try refuse(
      ["--tokens", "2", "--method", "embeddings,kv", "--validation", "0"],
      "--method: expected held-out examples to compare several by (--validation), found none")
    try refuse(
      ["--study-count", "20", "--epochs", "1", "--warmup", "50"],
      "--warmup: expected at most the 10 steps of a training on 20 conversations, found 50")
    try refuse(
      ["--study-count", "20", "--epochs", "\(Int.max)"],
      "--epochs: expected \(Int.max / 10) or fewer, found \(Int.max)")
    try refuse(
      ["--study-count", "\(Int.max)"], "--study-count: expected 1000000 or fewer, found \(Int.max)")
    try refuse(["--tokens", "0,4"], "--tokens: expected 1 or more, found 0")
    try refuse(
      ["--method", "kv,embeddings", "--learning-rate-keys", "0.1"],
      "--learning-rate-keys: expected nothing with --method embeddings, found 0.1")
    try refuse(
      ["--method", "embeddings,kv", "--init", "pooled"],
      "--init: expected first, chunks, random-text, matched, an adapter's folder or a .safetensors file "
        + "with --method kv, found pooled")
  }

  /// One line of a study holds nothing out.
  @Test func aStudyOfOneLineHoldsNothingOut() throws {
    try expectRefusal(
      without: ["--inputs", "--validation", "--evaluate-every"],
      ["--study-count", "1", "--patience", "2"],
      "--patience: expected held-out examples to go by (--validation), found none")
    try expectRefusal(
      without: ["--inputs", "--validation", "--evaluate-every", "--tokens"],
      ["--study-count", "1", "--tokens", "2,3"],
      "--tokens: expected held-out examples to compare several by (--validation), found none")
  }

  @Test func whatHasNothingToDoIsRefused() throws {
    try expectRefusal(
      without: ["--validation"], ["--validation", "0"],
      "--evaluate-every: expected held-out examples to go by (--validation), found none")
    try workspace.expectRefusal(
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

  /// A start that is delivered as it is has no steps.
  @Test(arguments: [
    ("--optimizer", "sgd"), ("--learning-rate", "0.5"), ("--learning-rate-keys", "0.5"),
    ("--learning-rate-values", "0.5"), ("--schedule", "linear"), ("--warmup", "1"),
    ("--weight-decay", "0.5"), ("--clip-norm", "1.5"), ("--batch-size", "2"),
    ("--patience", "1"), ("--evaluate-every", "4"), ("--checkpoint-every", "5"),
  ])
  func optionsOfStepsAreRefusedWithoutSteps(option: String, value: String) throws {
    let own = ["--batch-size", "--evaluate-every", "--learning-rate"]
    try expectRefusal(
      without: own, ["--steps", "0", option, value],
      "\(option): expected nothing with --steps 0, found \(value)")
    let config = try workspace.folder.write("options.yaml", "\(option.dropFirst(2)): \(value)\n")
    try expectRefusal(
      without: own, ["--steps", "0", "--config", config.path],
      "\(option): expected nothing with --steps 0, found \(value); \(option) stands in "
        + "\(config.path):1")
  }

  @Test func theOrderOfExamplesIsNoneWithoutSteps() throws {
    try expectRefusal(
      without: ["--batch-size", "--evaluate-every", "--learning-rate"],
      ["--steps", "0", "--no-shuffle"], "--no-shuffle: expected nothing with --steps 0")
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
      ["--config", file],
      "give one of --shuffle and --no-shuffle; --shuffle stands in \(file):1, --no-shuffle stands in "
        + "\(file):2")
    // The command line wins over the file.
    let own = try workspace.folder.write("own.yaml", "shuffle: true\ntokens: 2\n").path
    let result = try workspace.distill(["--config", own, "--no-shuffle", "--steps", "1"])
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("3 pseudo-tokens"))
  }
}
