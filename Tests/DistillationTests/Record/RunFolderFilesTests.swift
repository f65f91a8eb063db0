import Files
import Foundation
import TestSupport
import Testing

@testable import Distillation

/// What is the run's is replaced, and what is the user's is kept.
@Suite struct RunFolderFilesTests {
  private let parent: TemporaryFolder
  private let url: URL

  init() throws {
    parent = try TemporaryFolder()
    url = parent.url.appending(path: "run")
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOf: url.appending(path: name), encoding: .utf8)
  }

  /// A finished run in the folder.
  private func finishedRun() throws {
    let run = try RunFolder(url, mode: .create)
    try run.begin()
    try run.append(RunRecords.step(1))
    try RunRecords.checkpoint(step: 1).write(to: run)
    for name in ["README.md", "adapter_config.json"] { try run.write(Array(name.utf8), to: name) }
    try run.write(RunRecords.metrics)
    try ReportPage([RunReport(contentsOf: url)]).write(to: run)
  }

  private func notice(_ name: String, as kept: String) -> String {
    "\(url.path)/\(name): changed since it was written, or another program's, so it is kept as \(kept)"
  }

  @Test func anUnchangedRunIsReplaced() throws {
    try finishedRun()
    let next = try RunFolder(url, mode: .overwrite)
    try next.begin()
    #expect(try names() == ["metrics.jsonl"])
    #expect(next.takeNotices().isEmpty)
  }

  @Test func changedFilesAreKeptWhereARunIsReplaced() throws {
    try finishedRun()
    let page = try text("report.html").replacing("</body>", with: "<p>mine</p></body>")
    try parent.write("run/report.html", page)
    try parent.write("run/README.md", "mine")
    try parent.write("run/README.md.kept", "mine before")
    let next = try RunFolder(url, mode: .overwrite)
    try next.begin()
    #expect(
      try names() == ["README.md.kept", "README.md.kept-2", "metrics.jsonl", "report.html.kept"])
    #expect(try text("README.md.kept") == "mine before")
    #expect(try text("README.md.kept-2") == "mine")
    #expect(try text("report.html.kept") == page)
    #expect(
      Set(next.takeNotices()) == [
        notice("README.md", as: "README.md.kept-2"), notice("report.html", as: "report.html.kept"),
      ])
    #expect(next.takeNotices().isEmpty)
  }

  @Test func changedFilesAreKeptWhereARunGoesOn() throws {
    try finishedRun()
    try parent.write("run/README.md", "mine")
    try parent.write("run/adapter_config.json", "{}")
    let next = try RunFolder(url, mode: .resume)
    try next.begin()
    #expect(try text("README.md") == "mine")
    try next.removeReport()
    try next.write(Array("again".utf8), to: "adapter_config.json")
    try next.write(Array("again".utf8), to: "README.md")
    #expect(try text("README.md.kept") == "mine" && text("README.md") == "again")
    #expect(try text("adapter_config.json.kept") == "{}")
    #expect(try names().filter { $0.hasSuffix(".kept") }.count == 2)
    // What the run has written now is its own.
    try next.write(Array("third".utf8), to: "README.md")
    #expect(try names().filter { $0.hasPrefix("README") }.count == 2)
  }

  /// A log has no hash: its lines tell whose it is.
  @Test(arguments: ["metrics.jsonl", "evaluations.jsonl", "rollouts.jsonl"])
  func logsWithOtherLinesAreKept(name: String) throws {
    try finishedRun()
    try parent.write("run/\(name)", "mine\n")
    let next = try RunFolder(url, mode: .overwrite)
    try next.begin()
    #expect(try text("\(name).kept") == "mine\n")
    #expect(next.takeNotices() == [notice(name, as: "\(name).kept")])
  }

  @Test func aFileThatCameDuringTheRunIsKept() throws {
    let run = try RunFolder(url, mode: .create)
    try run.begin()
    try parent.write("run/README.md", "mine")
    try run.write(Array("its own".utf8), to: "README.md")
    #expect(try text("README.md") == "its own" && text("README.md.kept") == "mine")
    #expect(run.takeNotices() == [notice("README.md", as: "README.md.kept")])
  }

  @Test func thePageOfTheReportCommandIsNoChange() throws {
    try finishedRun()
    try ReportPage([RunReport(contentsOf: url)], price: Price(ofMillion: 2))
      .write(to: url.appending(path: "report.html"))
    let next = try RunFolder(url, mode: .overwrite)
    try next.begin()
    #expect(try names() == ["metrics.jsonl"])
  }

  /// Older programs have recorded nothing: what people write in is kept, and the rest is theirs.
  @Test func ofAnOlderRunTextsAreKept() throws {
    try finishedRun()
    try FileManager.default.removeItem(at: url.appending(path: "files.json"))
    let next = try RunFolder(url, mode: .overwrite)
    try next.begin()
    #expect(try names() == ["README.md.kept", "metrics.jsonl"])
  }

  /// A run that is killed between its record and the file knows the earlier one too.
  @Test func whatIsBeingReplacedIsKnown() throws {
    var record = WrittenFiles()
    let (old, new) = (SHA256.hexadecimal(of: [1]), SHA256.hexadecimal(of: [2]))
    record.note(old, of: "a", replacing: nil)
    record.note(new, of: "a", replacing: old)
    #expect(record.contains(old, of: "a") && record.contains(new, of: "a"))
    record.note(new, of: "a", replacing: new)
    #expect(!record.contains(old, of: "a") && !record.contains(new, of: "b"))
  }

  @Test func theRunsOfASweepGoWithIt() throws {
    let member = url.appending(path: "tokens-2")
    do {
      let sweep = try RunFolder(url, mode: .create)
      try sweep.beginSweep(keeping: ["tokens-2"], isReplaced: false)
      let record = SweepRecord(members: [
        .init(folder: "tokens-2", method: .embeddings, tokens: 2, start: "sampled")
      ])
      try sweep.write(RecordCoding.encode(record), to: SweepRecord.name)
      let run = try RunFolder(member, mode: .create)
      try run.begin()
      try run.write(RunRecords.metrics)
    }
    let next = try RunFolder(url, mode: .overwrite)
    try next.begin()
    #expect(try names() == ["metrics.jsonl"])
  }
}
