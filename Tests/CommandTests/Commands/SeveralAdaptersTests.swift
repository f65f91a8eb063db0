import Foundation
import JSON
import Safetensors
import TestSupport
import Testing

/// `evaluate`, `generate` and `logits` with several adapters.
@Suite struct SeveralAdaptersTests {
  private let workspace: Workspace
  private let a: URL
  private let b: URL

  /// A soft prompt, and a prompt of keys and values of another context.
  init() throws {
    workspace = try Workspace()
    a = workspace.folder.url.appending(path: "a")
    b = workspace.folder.url.appending(path: "b")
    let other = try workspace.folder.write("other.txt", "abaca is a cab; the back is bad.").path
    let first = try workspace.distill(["--steps", "12"], to: a)
    try #require(first.code == 0, "\(first.errors)")
    let second = try workspace.distill(
      ["--steps", "12", "--method", "kv", "--tokens", "5", "--context", other], to: b)
    try #require(second.code == 0, "\(second.errors)")
  }

  private func run(_ command: String, _ adapters: [URL], _ more: [String]) throws -> Program.Result
  {
    try Program.run(
      [command, "--model", workspace.model, "--device", "cpu", "--quiet"]
        + adapters.flatMap { ["--adapter", $0.path] } + more)
  }

  private func evaluate(_ adapters: [URL], _ more: [String] = []) throws -> Program.Result {
    try run(
      "evaluate", adapters,
      [
        "--context", workspace.context, "--inputs", workspace.validation, "--response-tokens", "4",
      ] + more)
  }

  private func numbers(_ adapters: [URL]) throws -> JSON {
    let result = try evaluate(adapters, ["--json"])
    #expect(result.code == 0, "\(result.errors)")
    return try JSON(parsing: Array(result.output.utf8))
  }

  /// Each alone has the numbers of an evaluation of its own, whatever stands beside it.
  @Test func eachIsShownAloneAndAllTogether() throws {
    let both = try numbers([a, b])
    guard case .array(let alone) = both["adapters"] else {
      Issue.record("expected a list of adapters")
      return
    }
    #expect(alone.map { $0["adapter"] } == [.string(a.path), .string(b.path)])
    for (reading, adapter) in zip(alone, [a, b]) {
      let own = try numbers([adapter])
      #expect(own["adapters"] == .null)
      for key in ["kl", "gap_closed", "top1_agreement", "exact_match", "pseudo_tokens"] {
        let (value, expected) = (
          try #require(reading[key].double), try #require(own[key].double)
        )
        #expect(abs(value - expected) <= 1e-6 * max(1, abs(expected)), "\(key)")
      }
      #expect(own["kl_no_context"] == both["kl_no_context"])
    }
    #expect(both["pseudo_tokens"] == .integer(8))
    // Their order is that of the options.
    let swapped = try numbers([b, a])
    #expect(swapped["kl"] != both["kl"])
    #expect(swapped["adapters"] == .array(alone.reversed()))
  }

  @Test func theTableShowsAllOfThem() throws {
    let result = try evaluate([a, b])
    #expect(result.code == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n").map(String.init)
    let names = ["no context", "\(a.path) alone", "\(b.path) alone", "together"]
    let table = lines.suffix(4)
    #expect(zip(table, names).allSatisfy { $0.hasPrefix($1) }, "\(table)")
    #expect(lines[0] == "8 pseudo-tokens in place of 41 tokens")
    let one = try evaluate([a])
    #expect(!one.output.contains("together"))
  }

  @Test func answersAndLogitsFollowAllOfThem() throws {
    let answers = try [[a, b], [b, a], [a]].map {
      try run("generate", $0, ["--prompt", "the cab", "--max-tokens", "12"])
    }
    #expect(answers.allSatisfy { $0.code == 0 }, "\(answers.map(\.errors))")
    func logits(_ adapters: [URL]) throws -> [Float] {
      let url = workspace.folder.url.appending(path: "logits.safetensors")
      let result = try run("logits", adapters, ["--ids", "4,3", "--output", url.path])
      #expect((result.code, result.errors) == (0, ""))
      return try SafetensorsFile(contentsOf: url).floats(of: "logits")
    }
    let (both, swapped, one) = (try logits([a, b]), try logits([b, a]), try logits([a]))
    #expect(both.count == 2 * TinyTokenizer.vocabularySize)
    #expect(both != swapped && both != one)
  }

  @Test func adaptersThatCannotStandTogetherAreRefused() throws {
    func refuse(
      _ adapters: [URL], _ message: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let both = try [
        evaluate(adapters), run("generate", adapters, ["--prompt", "a", "--max-tokens", "2"]),
      ]
      for result in both {
        #expect(result.code == 2, sourceLocation: sourceLocation)
        #expect(result.output.isEmpty, sourceLocation: sourceLocation)
        #expect(result.errors == "train-gpu: \(message)\n", sourceLocation: sourceLocation)
      }
    }
    let chat = workspace.folder.url.appending(path: "chat")
    _ = try workspace.distill(["--steps", "1", "--template", "chatml"], to: chat)
    try refuse(
      [a, chat],
      "\(chat.path): expected the tokens of header and closing with which \(a.path) has its prompt, because "
        + "they come once, found others; --template sets those of all")
    try refuse(
      [a, b, a], "\(a.path): expected another prompt than \(a.path) holds, found the same")
    try refuse(
      [a, URL(fileURLWithPath: "/none/run")],
      "/none/run: expected the folder of an adapter, found nothing of the kind")
    let placed = try run(
      "generate", [a, chat], ["--prompt", "a", "--max-tokens", "2", "--template", "chatml"])
    #expect(placed.code == 0, "\(placed.errors)")
    try Program.expectRefusal(
      ["generate", "--model", workspace.model, "--prompt", "a", "--adapter", ""],
      "--adapter: expected a path, found an empty text")
  }

  /// What a folder is that cannot be read back, instead of a file that it lacks.
  @Test func exportsForOtherProgramsAreNamed() throws {
    let expected =
      "expected the output folder of a run, or a folder of PEFT with adapter_config.json, as the formats "
      + "peft, peft-cartridge and peft-prefix are, found "
    func message(_ folder: URL) throws -> String {
      let result = try run("generate", [folder], ["--prompt", "a", "--max-tokens", "2"])
      #expect(result.code == 2)
      return result.errors
    }
    for format in ["mlx", "vllm", "llamacpp"] {
      let output = workspace.folder.url.appending(path: format)
      let result = try Program.run([
        "export", a.path, "--format", format, "--output", output.path, "--device", "cpu", "--quiet",
      ])
      try #require(result.code == 0, "\(result.errors)")
      #expect(
        try message(output) == "train-gpu: \(output.path): \(expected)an export in the format "
          + "\(format), which is not read back\n")
    }
    let empty = workspace.folder.url.appending(path: "empty")
    try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
    #expect(
      try message(empty) == "train-gpu: \(empty.path): \(expected)a folder without them\n")
  }

  /// The files of a run's folder are its own.
  @Test func noExportGoesIntoTheFolderOfARun() throws {
    let folders = [
      (a, a.appending(path: "peft")), (a, a.appending(path: "deep/er")),
      (a, b.appending(path: "checkpoint-99")),
    ]
    for (run, output) in folders {
      let inside = output.path.hasPrefix(a.path + "/") ? a.path : b.path
      try Program.expectRefusal(
        [
          "export", run.path, "--format", "peft", "--output", output.path, "--device", "cpu",
          "--quiet",
        ],
        "\(output.path): expected a folder for the export outside the output folder of a run, found one in "
          + inside)
      #expect(!FileManager.default.fileExists(atPath: output.path))
    }
  }
}
