import Foundation
import TestSupport
import Testing

@testable import Distillation

/// Folders and pipes under the names of a run's own files: nothing waits for a pipe, and nothing
/// goes.
@Suite struct NamesInTheWayTests {
  private let parent: TemporaryFolder
  private let url: URL

  init() throws {
    parent = try TemporaryFolder()
    url = parent.url.appending(path: "run")
    let run = try RunFolder(url, mode: .create)
    try run.begin()
    try run.append(RunRecords.step(1))
    try RunRecords.checkpoint(step: 1).write(to: run)
    for name in ["README.md", "adapter_config.json", "answers.jsonl", "rollouts.jsonl"] {
      try run.write([], to: name)
    }
    try run.write(RunRecords.metrics)
    try ReportPage([RunReport(contentsOf: url)]).write(to: run)
    try run.recordLogs(isGrowing: false)
  }

  /// Puts a folder with a file, or a pipe, in the place of a file.
  private func replace(_ name: String, by kind: String) throws {
    let file = url.appending(path: name)
    try? FileManager.default.removeItem(at: file)
    if kind == "a pipe" {
      try #require(unsafe mkfifo(file.path, 0o600) == 0)
    } else {
      try parent.write("run/\(name)/mine.txt", "mine")
    }
  }

  private func isKept(_ name: String, _ kind: String) -> Bool {
    let kept = url.appending(path: "\(name).kept")
    return kind == "a pipe"
      ? FileManager.default.fileExists(atPath: kept.path)
      : FileManager.default.fileExists(atPath: kept.appending(path: "mine.txt").path)
  }

  @Test(
    arguments: [
      "README.md", "report.html", "metrics.json", "metrics.jsonl", "evaluations.jsonl",
      "rollouts.jsonl", "answers.jsonl", "adapter_config.json", "heldout_answers.jsonl",
      "soft_prompt.safetensors",
    ], ["a pipe", "a folder"])
  func theyAreKeptWhereARunIsReplaced(name: String, kind: String) throws {
    try replace(name, by: kind)
    let run = try RunFolder(url, mode: .overwrite)
    try run.begin()
    #expect(isKept(name, kind))
    #expect(run.takeNotices().count == 1)
  }

  @Test(
    arguments: ["README.md", "metrics.jsonl", "evaluations.jsonl", "rollouts.jsonl"],
    ["a pipe", "a folder"])
  func theyAreKeptWhereARunGoesOn(name: String, kind: String) throws {
    try replace(name, by: kind)
    let run = try RunFolder(url, mode: .resume)
    try run.checkHistory(of: RunRecords.checkpoint(step: 1).state)
    try run.begin()
    try run.removeReport()
    try run.append(EvaluationRecord(step: 2, kl: 1, top1Agreement: 1, isBest: true))
    try run.append(RunRecords.step(2))
    #expect(isKept(name, kind))
  }

  @Test(arguments: ["a pipe", "a folder"])
  func theRecordOfTheFilesIsNeeded(kind: String) throws {
    try replace("files.json", by: kind)
    for mode in [RunFolder.Mode.overwrite, .resume] {
      expectError(
        "\(url.path)/files.json: expected the SHA-256 of the files that the run has written, found \(kind); "
          + "once it is moved away, the run goes on or is replaced, and README.md counts as its user's and is "
          + "kept"
      ) { try RunFolder(url, mode: mode) }
    }
  }

  @Test(arguments: ["state.json", "state.safetensors"], ["a pipe", "a folder"])
  func aCheckpointIsNotRead(name: String, kind: String) throws {
    try replace("checkpoint-1/\(name)", by: kind)
    let folder = url.appending(path: "checkpoint-1")
    expectError("\(folder.path)/\(name): expected a file, found \(kind)") {
      try TrainingCheckpoint(folder: folder)
    }
    let run = try RunFolder(url, mode: .overwrite)
    try run.begin()
    #expect(isKept("checkpoint-1/\(name)", kind))
  }

  @Test(arguments: [
    ("", "an empty file"), ("{}", "another text"), (#"{"sha256": {"a": 3}}"#, "another text"),
    ("{\"sha256\": {", "another text"),
    ("%PDF-1.4", "a PDF document"),
  ])
  func aDamagedRecordIsNamed(text: String, found: String) throws {
    try parent.write("run/files.json", text)
    for mode in [RunFolder.Mode.overwrite, .resume] {
      expectError(
        "\(url.path)/files.json: expected the SHA-256 of the files that the run has written, found \(found); "
          + "once it is moved away, the run goes on or is replaced, and README.md counts as its user's and is "
          + "kept"
      ) { try RunFolder(url, mode: mode) }
    }
  }

  /// A page that nobody has changed is known by its own seal.
  @Test(arguments: [RunFolder.Mode.overwrite, .resume])
  func withoutTheRecordTheReadmeIsKept(mode: RunFolder.Mode) throws {
    try FileManager.default.removeItem(at: url.appending(path: "files.json"))
    let run = try RunFolder(url, mode: mode)
    try run.begin()
    try run.removeReport()
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: url.path).filter { $0.contains(".kept") }
        == ["README.md.kept"])
  }

  /// Other records name what they hold in words, and not in types of this program.
  @Test func otherValuesAreNamedInWords() throws {
    func message(_ text: String) throws -> String {
      let file = try parent.write("record.json", text)
      do {
        _ = try RecordCoding.decode(RunMetrics.self, from: file)
        return ""
      } catch { return "\(error)".replacing("\(file.path): ", with: "") }
    }
    #expect(try message("") == "expected a record in JSON, found an empty file")
    #expect(
      try message(#"{"context_tokens": "four"}"#)
        == "expected an integer at context_tokens, found the string \"four\"")
    #expect(
      try message(
        #"{"context_tokens": 4, "pseudo_tokens": 2, "tuned_kernels": 1, "timing": []}"#
      ).hasPrefix("expected an object at timing, found "))
    #expect(try message("[]").hasPrefix("expected an object, found "))
  }
}
