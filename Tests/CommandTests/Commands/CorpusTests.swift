import Foundation
import JSON
import TestSupport
import Testing

/// Contexts of several files, read in windows, through all commands.
@Suite struct CorpusTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    let words = ["the cab", "a bad cabbage", "no back", "abaca is", "a baccarat", "cab has it"]
    for file in 0..<2 {
      let lines = (0..<20).map { "\(words[($0 + file) % 6]) \(file) \($0)." }
      try workspace.folder.write(
        "docs/\(file).md", lines.joined(separator: "\n\n") + "\n")
    }
  }

  private func path(_ name: String) -> String { workspace.folder.url.appending(path: name).path }

  private func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path(name)))
  }

  private static let questions = [
    "--no-filter", "--question-tokens", "12", "--chunk-minimum", "8", "--chunk-maximum", "30",
    "--context-window", "90",
  ]

  private func distill(_ more: [String] = [], to output: String) throws -> Program.Result {
    try Program.run(
      ([
        "distill", "--model", workspace.model, "--context", path("docs/1.md"), path("docs"),
        "--output", path(output), "--device", "cpu", "--threads", "1", "--tokens", "3",
        "--batch-size", "4", "--response-tokens", "4", "--study-count", "60", "--evaluate-every",
        "5",
      ] + Self.questions + more).overridden)
  }

  private func tensors(_ output: String) throws -> [Float] {
    try workspace.softPrompt(in: URL(fileURLWithPath: path(output)))
  }

  @Test func aCorpusIsStudiedDistilledAndEvaluated() throws {
    let whole = try distill(["--steps", "20"], to: "whole")
    try #require(whole.code == 0, "\(whole.errors)")
    #expect(whole.errors.contains(" tokens is read in "))
    #expect(whole.output.contains("best window") && whole.output.contains("own window"))
    let metrics = try workspace.json("metrics.json", in: URL(fileURLWithPath: path("whole")))
    let windows = metrics["validation"]["windows"]
    guard case .integer(let count) = windows["count"], case .array(let list) = windows["windows"],
      let best = windows["kl"].double, case .array(let span) = windows["best_window"]
    else {
      Issue.record("expected windows")
      return
    }
    #expect(count > 4 && !list.isEmpty && best > 0 && span.count == 2)
    var (examples, kl, tokens) = (0.0, 0.0, 0.0)
    for window in list {
      examples += window["examples"].double ?? 0
      tokens += window["response_tokens"].double ?? 0
      kl += (window["kl_best_window"].double ?? 0) * (window["response_tokens"].double ?? 0)
    }
    #expect(examples == metrics["validation"]["basis"]["examples"].double)
    #expect(abs(kl / tokens / best - 1) < 1e-6)

    // A run that is resumed ends with the same bytes, and keeps its study and its windows.
    let half = try distill(["--steps", "10"], to: "half")
    try #require(half.code == 0, "\(half.errors)")
    let resumed = try distill(["--steps", "20", "--resume"], to: "half")
    try #require(resumed.code == 0, "\(resumed.errors)")
    #expect(try bytes("half/study.jsonl") == bytes("whole/study.jsonl"))
    #expect(try tensors("half") == tensors("whole"))
    let refused = try distill(["--steps", "20", "--resume", "--context-window", "80"], to: "half")
    #expect(refused.code == 2)
    #expect(refused.errors.contains("started with --context-window 90, found 80"))

    // The lines alone say what belongs to them.
    let evaluated = try Program.run([
      "evaluate", "--model", workspace.model, "--adapter", path("whole"), "--context",
      path("docs/1.md"), path("docs"), "--inputs", path("whole/study.jsonl"), "--json", "--device",
      "cpu", "--threads", "1",
    ])
    try #require(evaluated.code == 0, "\(evaluated.errors)")
    #expect(!evaluated.errors.contains("are not those of the context"))
    let found = try JSON(parsing: Array(evaluated.output.utf8))
    #expect(found["windows"]["count"] == .integer(count))
    #expect(found["context_tokens"] == metrics["context_tokens"])
  }

  @Test func linesMayBringTheirOwnContexts() throws {
    let inputs = try workspace.folder.write(
      "own.jsonl",
      """
      {"prompt": "the cab", "completion": " has", "context": "the cab has it"}
      {"prompt": "a bad", "context": "a bad back is bad"}
      {"prompt": "a cabbage is", "context": "the cab has it"}
      """
    ).path
    func run(_ more: [String], _ output: String, inputs: String) throws -> Program.Result {
      try Program.run(
        [
          "distill", "--model", workspace.model, "--inputs", inputs, "--output", path(output),
          "--device", "cpu", "--threads", "1", "--tokens", "3", "--steps", "4",
          "--response-tokens", "4", "--validation", "0",
        ] + more)
    }
    let alone = try run([], "alone", inputs: inputs)
    try #require(alone.code == 0, "\(alone.errors)")
    #expect(!alone.errors.contains("keys that mean nothing here"))
    #expect(alone.output.contains("3 pseudo-tokens in place of 30 tokens"))
    let evaluated = try Program.run([
      "evaluate", "--model", workspace.model, "--adapter", path("alone"), "--inputs", inputs,
      "--device", "cpu", "--threads", "1",
    ])
    try #require(evaluated.code == 0, "\(evaluated.errors)")
    // Texts of lines are no windows of a context that one could read instead.
    #expect(!evaluated.output.contains("best window"))
    // Beside a context, lines without their own are about all of it.
    let mixed = try workspace.folder.write(
      "mixed.jsonl",
      """
      {"prompt": "the cab", "completion": " has"}
      {"prompt": "a bad", "completion": " back", "context": "a bad back is bad"}
      {"prompt": "a bad", "completion": " back", "context_span": [0, 7]}
      """
    ).path
    let both = try run(["--context", workspace.context], "both", inputs: mixed)
    #expect(both.code == 0, "\(both.errors)")
    let compared = try Program.run([
      "evaluate", "--model", workspace.model, "--adapter", path("both"), "--inputs", mixed,
      "--context", workspace.context, "--json", "--device", "cpu", "--threads", "1",
    ])
    try #require(compared.code == 0, "\(compared.errors)")
    let windows = try JSON(parsing: Array(compared.output.utf8))["windows"]
    #expect(windows["count"] == .integer(3) && windows["compared"] == .integer(2))
    try Program.expectRefusal(
      [
        "distill", "--model", workspace.model, "--inputs", mixed, "--output", path("none"),
        "--device", "cpu",
      ],
      "\(mixed):1: expected context, a text before the prompt, because no context is given, found none"
    )
  }

  @Test func aLineAboutAllOfALongContextSaysWhatIsMissing() throws {
    let result = try Program.run([
      "distill", "--model", workspace.model, "--context", path("docs"), "--inputs",
      workspace.inputs, "--output", path("run"), "--device", "cpu", "--tokens", "3",
    ])
    #expect(result.code == 2)
    #expect(
      result.errors.contains("\(workspace.inputs):1: expected context, prompt and response to fit ")
    )
    #expect(
      result.errors.contains("; context_span names the part of a long context that a line is about")
    )
    let refused = try Program.run([
      "distill", "--model", workspace.model, "--context", path("docs"), "--inputs",
      workspace.inputs, "--output", path("run"), "--context-window", "90",
    ])
    #expect(refused.code == 2)
    #expect(
      refused.errors.contains(
        "give one of --inputs and --context-window: the lines of --inputs name their part of the context"
      ))
  }

  @Test func aTextOfALineThatIsLongerThanTheModelsPositionsIsRefused() throws {
    let long = String(repeating: "c", count: TinyModel.positions)
    let inputs = try workspace.folder.write(
      "long.jsonl",
      """
      {"prompt": "cc", "completion": "c", "context": "the cab"}
      {"prompt": "cc", "completion": "c", "context": "\(long)"}
      """
    ).path
    try Program.expectRefusal(
      [
        "distill", "--model", workspace.model, "--inputs", inputs, "--output", path("run"),
        "--device", "cpu", "--tokens", "3",
      ],
      "\(inputs):2: expected context, prompt and response to fit the model's 256 positions, found 257 + 2 + 2 "
        + "tokens")
    #expect(!FileManager.default.fileExists(atPath: path("run")))
  }

  @Test func aConfigurationFileNamesSeveralFiles() throws {
    let config = try workspace.folder.write(
      "run.yaml", "context: [\(path("docs/0.md")), \(path("docs/1.md"))]\nstudy-count: 20\n"
    ).path
    let arguments =
      [
        "distill", "--config", config, "--model", workspace.model, "--device", "cpu", "--threads",
        "1", "--tokens", "3", "--steps", "2", "--response-tokens", "4",
      ] + Self.questions
    let result = try Program.run(arguments + ["--output", path("a")])
    try #require(result.code == 0, "\(result.errors)")
    #expect(result.errors.contains(" tokens is read in "))
    // The command line's context takes the place of the file's.
    let other = try Program.run(
      arguments + ["--output", path("b"), "--context", workspace.context])
    try #require(other.code == 0, "\(other.errors)")
    #expect(!other.errors.contains(" tokens is read in "))
  }
}
