import Foundation
import JSON
import TestSupport
import Testing

/// Records of a run, a sweep or a study that are damaged or gone: the message says where, what was
/// expected and how to go on.
@Suite struct DamagedRecordsTests {
  let workspace: Workspace
  var run: String { workspace.output.path }

  init() throws { workspace = try Workspace() }

  func file(_ name: String) -> URL { workspace.output.appending(path: name) }

  func text(_ name: String) throws -> String {
    try String(contentsOf: file(name), encoding: .utf8)
  }

  func write(_ text: String, _ name: String) throws {
    try Data(text.utf8).write(to: file(name))
  }

  func expectRefusal(_ more: [String], _ message: String) throws {
    try Program.expectRefusal(workspace.arguments(with: more + ["--output", run]), message)
  }

  private static let cure =
    "; remove the line to go on without it, or start the run again with distill --overwrite"

  private static let newStudy = "; --overwrite writes a new study, and keeps this one's lines"

  /// A random model writes questions that no filter would keep.
  private static let questions = [
    "--no-filter", "--question-tokens", "12", "--chunk-minimum", "8", "--chunk-maximum", "30",
  ]

  @Test(arguments: ["metrics.jsonl", "evaluations.jsonl"])
  func aDamagedLineIsNamedOnceAndCanBeRemoved(name: String) throws {
    try #require(workspace.distill(["--steps", "8"]).code == 0)
    let whole = workspace.folder.url.appending(path: "whole")
    try #require(workspace.distill(["--steps", "12"], to: whole).code == 0)
    var lines = try text(name).split(separator: "\n").map(String.init)
    let goesOn = ["--steps", "12", "--resume"]
    func refused(_ line: String, _ reason: String) throws {
      var damaged = lines
      damaged[1] = line
      try write(damaged.joined(separator: "\n") + "\n", name)
      let message = "\(file(name).path):2:\(reason)\(Self.cure)"
      try expectRefusal(goesOn, message)
      let page = workspace.folder.url.appending(path: "page.html").path
      try Program.expectRefusal(["report", run, "--output", page], message)
    }
    try refused("damaged", #"1: expected a value, found "d""#)
    try refused(
      #"{"step": 2"#, "11: expected \",\" or \"}\" in an object, found the end of the line")
    try refused("[]", " expected an object, found an array")
    try refused(#"{"step": "two"}"#, #" expected an integer at step, found the string "two""#)
    lines.remove(at: 1)
    try write(lines.joined(separator: "\n") + "\n", name)
    let resumed = try workspace.distill(goesOn)
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try workspace.softPrompt() == workspace.softPrompt(in: whole))
    if name == "metrics.jsonl" {
      #expect(resumed.errors.contains("has gaps: lines were removed or lost"))
    }
  }

  /// The kind of one line is not that of a file, so what is said of a file does not help.
  @Test func aLineThatLooksLikeAnotherKindOfFileHasOneCure() throws {
    try #require(workspace.distill(["--steps", "4"]).code == 0)
    let lines = try text("metrics.jsonl").split(separator: "\n").map(String.init)
    for (line, kind) in [
      ("s\0t\0e\0p\0s\0", "text in UTF-16"), ("%PDF-1.4", "a PDF document"),
    ] {
      try write(([lines[0], line] + lines[2...]).joined(separator: "\n") + "\n", "metrics.jsonl")
      try expectRefusal(
        ["--steps", "4", "--resume"],
        "\(file("metrics.jsonl").path):2: expected JSON, found \(kind)\(Self.cure)")
    }
    try write("version https://git-lfs.github.com/spec/v1\n", "files.json")
    try expectRefusal(
      ["--steps", "4", "--resume"],
      "\(file("files.json").path): expected the SHA-256 of the files that the run has written, found a "
        + "Git LFS pointer; once it is moved away, the run goes on or is replaced, and README.md counts as its "
        + "user's and is kept")
  }

  @Test func aCutStateOfACheckpointSaysHowToGoOn() throws {
    try #require(workspace.distill(["--steps", "8", "--checkpoint-every", "4"]).code == 0)
    let state = "checkpoint-8/state.json"
    try write(String(text(state).prefix(40)), state)
    let damage = try Program.run(
      workspace.arguments(with: ["--output", run, "--steps", "8", "--resume"]))
    #expect(damage.code == 2)
    #expect(
      damage.errors.hasSuffix(
        "found the end of the text; --resume goes on from an earlier checkpoint where checkpoint-8 is "
          + "removed\n"), "\(damage.errors)")
    try FileManager.default.removeItem(at: file("checkpoint-8"))
    let resumed = try workspace.distill(
      ["--steps", "8", "--checkpoint-every", "4", "--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    try FileManager.default.removeItem(at: file("checkpoint-4"))
    try write("", state)
    try expectRefusal(
      ["--steps", "8", "--resume"],
      "\(file(state).path): expected a record in JSON, found an empty file; --overwrite starts the run "
        + "again")
  }

  @Test func cutNumbersOfARunAreWrittenAnew() throws {
    try #require(workspace.distill(["--steps", "2"]).code == 0)
    let whole = try text("metrics.json")
    try write(String(whole.prefix(30)), "metrics.json")
    let page = workspace.folder.url.appending(path: "page.html").path
    let refused = try Program.run(["report", run, "--output", page])
    #expect(refused.code == 2)
    #expect(
      refused.errors.hasPrefix("train-gpu: \(file("metrics.json").path): line ")
        && refused.errors.hasSuffix(
          "; distill --resume judges the run again and writes it anew\n"),
      "\(refused.errors)")
    let resumed = try workspace.distill(["--steps", "2", "--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try Program.run(["report", run, "--output", page]).code == 0)
  }

  /// Behind the last line of a study that is done, and in its middle.
  @Test func aDamagedLineOfAStudyIsNamed() throws {
    let study = workspace.folder.url.appending(path: "study.jsonl")
    let arguments =
      [
        "study", "--model", workspace.model, "--context", workspace.context, "--count", "3",
        "--response-tokens", "4", "--temperature", "1.5", "--device", "cpu", "--threads", "1",
        "--output", study.path,
      ] + Self.questions
    let first = try Program.run(arguments)
    try #require(first.code == 0, "\(first.errors)")
    let whole = try String(contentsOf: study, encoding: .utf8)
    let lines = whole.split(separator: "\n").map(String.init)
    let number = lines.count
    try Data((whole + "\nrubbish\n").utf8).write(to: study)
    try Program.expectRefusal(
      arguments,
      "\(study.path):\(number + 2):1: expected a value, found \"r\"; remove the line to go on without it"
        + Self.newStudy)
    try Data((["rubbish"] + lines.dropFirst()).joined(separator: "\n").utf8).write(to: study)
    try Program.expectRefusal(
      arguments, "\(study.path):1:1: expected a value, found \"r\"\(Self.newStudy)")
    let lead =
      "\(study.path): expected the 3 lines of which \(study.path).record.json tells, found "
    try Data(whole.replacing("round", with: "found", maxReplacements: 1).utf8).write(to: study)
    try Program.expectRefusal(arguments, "\(lead)others\(Self.newStudy)")
    try FileManager.default.removeItem(at: study)
    try Program.expectRefusal(arguments, "\(lead)nothing; --overwrite writes a new study")
    try Data(whole.utf8).write(to: study)
    #expect(try Program.run(arguments).code == 0)
  }

  @Test func rubbishBehindTheStudyOfARunIsNamed() throws {
    var arguments = workspace.arguments(with: ["--output", run, "--steps", "2"])
    for name in ["--inputs", "--validation"] {
      if let index = arguments.firstIndex(of: name) {
        arguments.removeSubrange(index...(index + 1))
      }
    }
    arguments += ["--study-count", "3", "--question-temperature", "1.5"] + Self.questions
    let first = try Program.run(arguments)
    try #require(first.code == 0, "\(first.errors)")
    let whole = try text("study.jsonl")
    try write(whole + "rubbish\n", "study.jsonl")
    let number = whole.split(separator: "\n").count + 1
    try Program.expectRefusal(
      arguments + ["--resume"],
      "\(file("study.jsonl").path):\(number):1: expected a value, found \"r\"; remove the line to go on "
        + "without it\(Self.newStudy)")
    // An example is none with which the run was started.
    try write(whole + "\n{\"prompt\": \"a cab\"}\n", "study.jsonl")
    let other = try Program.run(arguments + ["--resume"])
    #expect(other.code == 2)
    #expect(
      other.errorLines.last
        == "train-gpu: \(file("study.jsonl").path):\(number + 1): expected the \(number - 1) lines of its study alone, with "
        + "which the run was started, found another behind them; remove the line to go on without it"
        + Self.newStudy)
    try write(whole, "study.jsonl")
    let resumed = try Program.run(arguments + ["--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
  }

  @Test func damagedAnswersAndRolloutsAreNeeded() throws {
    let options = ["--rollouts", "0.5", "--loss", "reverse-kl", "--steps"]
    try #require(workspace.distill(options + ["4"]).code == 0)
    for name in ["answers.jsonl", "rollouts.jsonl"] {
      let whole = try text(name)
      let lines = whole.split(separator: "\n")
      try write("{]\n" + lines.dropFirst().joined(separator: "\n") + "\n", name)
      try expectRefusal(
        options + ["6", "--resume"],
        "\(file(name).path):1:2: expected a key in quotes, found \"]\"; --overwrite starts the run again"
      )
      try write(whole, name)
    }
  }

  /// The digest of the rollouts does not say which of them is another.
  @Test func aChangedRolloutIsOneOfAllSteps() throws {
    let options = ["--rollouts", "0.5", "--loss", "reverse-kl", "--steps"]
    try #require(workspace.distill(options + ["5"]).code == 0)
    var lines = try text("rollouts.jsonl").split(separator: "\n").map(String.init)
    lines[0] = lines[0].replacing(/("completion_ids": ?\[)(\d+)/) { match in
      "\(match.output.1)\(match.output.2 == "9" ? "10" : "9")"
    }
    try write(lines.joined(separator: "\n") + "\n", "rollouts.jsonl")
    try expectRefusal(
      options + ["9", "--resume"],
      "\(file("rollouts.jsonl").path): expected the student's answers with which steps 1 to 5 of this run "
        + "were trained, found others; --overwrite starts the run again")
  }
}
