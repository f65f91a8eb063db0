import Foundation
import TestSupport
import Testing

@testable import Distillation

/// The files to which a run adds lines: cut, gone, or with lines of the user.
@Suite struct RunHistoryTests {
  private let parent: TemporaryFolder
  private let url: URL

  init() throws {
    parent = try TemporaryFolder()
    url = parent.url.appending(path: "run")
  }

  private func path(_ name: String) -> String { url.appending(path: name).path }

  private func text(_ name: String) throws -> String {
    try String(contentsOf: url.appending(path: name), encoding: .utf8)
  }

  private func line(_ record: some Encodable) throws -> String {
    String(decoding: try RecordCoding.lines(of: [record]), as: UTF8.self)
  }

  private var kept: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: url.path).filter {
        $0.hasSuffix(".kept")
      }.sorted()
    }
  }

  /// A run of two steps with two evaluations, that has ended or was killed.
  private func run(isKilled: Bool) throws {
    let run = try RunFolder(url, mode: .create)
    try run.begin()
    for step in 1...2 { try run.append(RunRecords.step(step)) }
    for step in [0, 2] { try run.append(evaluation(step)) }
    try RunRecords.checkpoint(step: 2).write(to: run)
    try run.recordLogs(isGrowing: isKilled)
  }

  private func evaluation(_ step: Int) -> EvaluationRecord {
    EvaluationRecord(step: step, kl: 1, top1Agreement: 0.5, isBest: true)
  }

  /// The state of the run's checkpoint, in which so many evaluations are known.
  private func state(evaluations: Int) throws -> TrainingCheckpoint.State {
    var state = RunRecords.checkpoint(step: 2).state
    state.bestStep = 0
    state.evaluationsSinceBest = evaluations - 1
    return state
  }

  private func resumed(evaluations: Int = 2) throws -> [String] {
    let run = try RunFolder(url, mode: .resume)
    try run.checkHistory(of: state(evaluations: evaluations))
    try run.begin()
    return run.takeNotices()
  }

  @Test func aWholeHistoryIsNoNotice() throws {
    try run(isKilled: false)
    #expect(try resumed().isEmpty)
    #expect(try kept.isEmpty)
  }

  /// As a kill or a full disk leaves them: behind the checkpoint and before it.
  @Test(arguments: ["metrics.jsonl", "evaluations.jsonl", "rollouts.jsonl"])
  func aCutLineIsLeftOutAndNamed(name: String) throws {
    try run(isKilled: true)
    let before = (try? text(name)) ?? ""
    try parent.write("run/\(name)", before + #"{"step": 3, "#)
    let number = before.split(separator: "\n").count + 1
    #expect(try resumed() == ["\(path(name)):\(number): the last line is cut and is left out"])
    #expect(try text(name) == before)
    #expect(try kept.isEmpty)
  }

  @Test func aCutLineOfTheHistoryIsAGap() throws {
    try run(isKilled: false)
    let (steps, evaluations) = (try text("metrics.jsonl"), try text("evaluations.jsonl"))
    try parent.write("run/metrics.jsonl", String(steps.dropLast(20)))
    try parent.write("run/evaluations.jsonl", String(evaluations.dropLast(20)))
    #expect(
      try resumed() == [
        "\(path("metrics.jsonl")):2: the last line is cut and is left out",
        "\(path("metrics.jsonl")): the history of the steps up to step 2 has gaps: lines were removed or "
          + "lost",
        "\(path("evaluations.jsonl")):2: the last line is cut and is left out",
        "\(path("evaluations.jsonl")): the history of the held-out evaluations up to step 2 has gaps: lines "
          + "were removed or lost",
      ])
    #expect(try text("metrics.jsonl").split(separator: "\n").count == 1)
    #expect(try kept.isEmpty)
  }

  @Test func aRemovedHistoryIsNamed() throws {
    try run(isKilled: false)
    for name in ["metrics.jsonl", "evaluations.jsonl"] {
      try FileManager.default.removeItem(at: url.appending(path: name))
    }
    #expect(
      try resumed() == [
        "\(path("metrics.jsonl")): the history of the steps up to step 2 is gone, and begins anew",
        "\(path("evaluations.jsonl")): the history of the held-out evaluations up to step 2 is gone, and "
          + "begins anew",
      ])
  }

  @Test func aMissingEvaluationIsAGap() throws {
    try run(isKilled: false)
    #expect(
      try resumed(evaluations: 3) == [
        "\(path("evaluations.jsonl")): the history of the held-out evaluations up to step 2 has gaps: "
          + "lines were removed or lost"
      ])
  }

  /// Evaluations are made at the start and after each interval, which a resumed run may have
  /// changed. Older programs did not evaluate the start, or wrote no lines.
  @Test(arguments: [
    ([0, 2, 4, 6, 8], nil, true), ([0, 2, 6, 8], nil, false), ([2, 4, 6, 8], nil, true),
    ([6, 8], nil, true), ([2, 6, 8], nil, false),
    ([0, 2, 4, 6], nil, false), ([0, 2, 4, 8], 4, true), ([0, 4, 8], 4, false),
    ([0, 2, 3, 4, 8], 4, true),
  ])
  func aMissingIntervalIsAGap(steps: [Int], changed: Int?, isWhole: Bool) throws {
    let run = try RunFolder(url, mode: .create)
    try run.begin()
    for step in 1...8 { try run.append(RunRecords.step(step)) }
    for step in steps { try run.append(evaluation(step)) }
    try RunRecords.checkpoint(step: 8).write(to: run)
    try run.recordLogs(isGrowing: false)
    var state = RunRecords.checkpoint(step: 8).state
    (state.bestStep, state.evaluationsSinceBest, state.options.evaluateEvery) = (8, 0, 2)
    if let changed {
      state.options.evaluateEvery = changed
      state.changes = [
        OptionChange(
          step: 4, before: OptionSetting(.evaluateEvery, 2),
          after: OptionSetting(.evaluateEvery, changed))
      ]
    }
    try run.checkHistory(of: state)
    let gap =
      "\(path("evaluations.jsonl")): the history of the held-out evaluations up to step 8 has gaps: lines "
      + "were removed or lost"
    #expect(run.takeNotices() == (isWhole ? [] : [gap]))
  }

  /// What the run has recorded tells a start that was removed from one that was never evaluated.
  @Test(arguments: [true, false])
  func aRemovedStartIsAGap(isRecorded: Bool) throws {
    try run(isKilled: false)
    try parent.write("run/evaluations.jsonl", line(evaluation(2)))
    if !isRecorded { try FileManager.default.removeItem(at: url.appending(path: "files.json")) }
    let run = try RunFolder(url, mode: .resume)
    var state = RunRecords.checkpoint(step: 2).state
    (state.bestStep, state.evaluationsSinceBest, state.options.evaluateEvery) = (2, 0, 2)
    try run.checkHistory(of: state)
    let gap =
      "\(path("evaluations.jsonl")): the history of the held-out evaluations up to step 2 has gaps: lines "
      + "were removed or lost"
    #expect(run.takeNotices() == (isRecorded ? [gap] : []))
  }

  /// Lines that look like records of the run that ended.
  @Test(arguments: [RunFolder.Mode.overwrite, .resume])
  func linesBehindTheEndAreTheUsers(mode: RunFolder.Mode) throws {
    try run(isKilled: false)
    let text = try text("metrics.jsonl") + line(RunRecords.step(3))
    try parent.write("run/metrics.jsonl", text)
    let next = try RunFolder(url, mode: mode)
    try next.begin()
    #expect(try self.text("metrics.jsonl.kept") == text)
    #expect(
      next.takeNotices() == [
        "\(path("metrics.jsonl")): changed since it was written, or another program's, so it is kept as "
          + "metrics.jsonl.kept"
      ])
    #expect(try next.stepRecords().map(\.step) == (mode == .resume ? [1, 2] : []))
  }

  /// Behind its last checkpoint a run that was killed has lines that go on.
  @Test func linesOfAKilledRunGo() throws {
    try run(isKilled: true)
    try parent.write("run/metrics.jsonl", text("metrics.jsonl") + line(RunRecords.step(3)))
    try parent.write("run/evaluations.jsonl", text("evaluations.jsonl") + line(evaluation(3)))
    #expect(try resumed().isEmpty)
    #expect(try kept.isEmpty)
  }

  @Test func linesThatDoNotGoOnAreTheUsers() throws {
    try run(isKilled: true)
    try parent.write("run/metrics.jsonl", text("metrics.jsonl") + line(RunRecords.step(1)))
    let changed = try text("evaluations.jsonl").replacing("0.5", with: "0.75")
    try parent.write("run/evaluations.jsonl", changed)
    try RunFolder(url, mode: .overwrite).begin()
    #expect(try kept == ["evaluations.jsonl.kept", "metrics.jsonl.kept"])
  }

  /// A note without the end of its line is not the beginning of a record.
  @Test func aNoteBehindTheLinesIsTheUsers() throws {
    try run(isKilled: true)
    try parent.write("run/metrics.jsonl", text("metrics.jsonl") + "good so far")
    try RunFolder(url, mode: .overwrite).begin()
    #expect(try kept == ["metrics.jsonl.kept"])
  }

  /// A record that an older program wrote knows no lines.
  @Test func anOlderRecordTakesLinesInTheirOrder() throws {
    try run(isKilled: false)
    var record = try #require(try WrittenFiles.read(in: url))
    let text = String(decoding: try RecordCoding.encode(record), as: UTF8.self)
    let files = text.replacing(#/"lines" : \{(.|\n)*\},\s*"sha256"/#) { _ in "\"sha256\"" }
    try parent.write("run/files.json", files)
    record = try #require(try WrittenFiles.read(in: url))
    #expect(record.logs == nil)
    #expect(try resumed().isEmpty)
    #expect(try kept.isEmpty)
  }
}
