import Foundation
import JSON
import TestSupport
import Testing

/// The page of a run, that of several, and TensorBoard's events.
@Suite struct ReportTests {
  let workspace: Workspace
  private let page: URL

  init() throws {
    workspace = try Workspace()
    page = workspace.folder.url.appending(path: "page.html")
  }

  func text(_ url: URL) throws -> String { try String(contentsOf: url, encoding: .utf8) }

  private func report(_ arguments: [String]) throws -> Program.Result {
    try Program.run(["report"] + arguments + ["--output", page.path])
  }

  @Test func aRunLeavesItsReport() throws {
    let result = try workspace.distill(["--steps", "12", "--price", "3"])
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("report.html"))
    let html = try text(workspace.output.appending(path: "report.html"))
    for part in [
      "3 pseudo-tokens in place of", "Loss of training steps", "Held-out KL", "worst held-out",
      "What was forgotten", "cost of 1,000 calls", "How it was made", workspace.model,
    ] { #expect(html.contains(part), "\(part)") }
    let evaluations = try text(workspace.output.appending(path: "evaluations.jsonl"))
    #expect(evaluations.split(separator: "\n").count == 4)
    let answers = try text(workspace.output.appending(path: "heldout_answers.jsonl"))
      .split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
    #expect(answers.count == 2)
    #expect(answers[0]["prompt"] == .string("cab"))
    #expect(
      answers[0].sortedKeys == [
        "decided_by_context", "forgotten", "full_context", "kl", "learned_prompt", "no_context",
        "prompt", "response",
      ])
  }

  @Test func theNumbersAreAnObjectToo() throws {
    try #require(try workspace.distill(["--steps", "2"]).code == 0)
    let result = try report([workspace.output.path, "--json"])
    try #require(result.code == 0, "\(result.errors)")
    let json = try JSON(parsing: Array(result.output.utf8))
    #expect(json["output"] == .string(page.path))
    guard case .array(let runs) = json["runs"] else {
      Issue.record("expected runs, found \(json)")
      return
    }
    #expect(runs.count == 1 && runs[0]["run"] == .string("run"))
    #expect(runs[0]["validation"]["kl"] == (try workspace.json("metrics.json")["validation"]["kl"]))
  }

  @Test func wordsOfAModelAreNoMarkup() throws {
    let attack = "<script>alert(1)</script>"
    let context = try workspace.folder.write("<b>context.txt", Workspace.contextText + attack)
    let prompts = try workspace.folder.write(
      "prompts.jsonl",
      """
      {"prompt": "\(attack) 1", "completion": "\(attack)"}
      {"prompt": "\(attack) 2", "completion": "b"}
      """)
    let result = try workspace.distill([
      "--steps", "1", "--context", context.path, "--validation", prompts.path,
    ])
    #expect(result.code == 0, "\(result.errors)")
    let html = try text(workspace.output.appending(path: "report.html"))
    #expect(!html.contains("<script") && !html.contains("<b>"))
    #expect(html.contains("&lt;b&gt;context.txt"))
  }

  @Test func aResumedRunHasTheSameEvaluations() throws {
    _ = try workspace.distill(["--steps", "8", "--checkpoint-every", "4"])
    let file = workspace.output.appending(path: "evaluations.jsonl")
    let whole = try text(file)
    try FileManager.default.removeItem(at: workspace.output.appending(path: "checkpoint-8"))
    let resumed = try workspace.distill([
      "--steps", "8", "--checkpoint-every", "4", "--resume",
    ])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try text(file) == whole)
  }

  @Test func severalRunsShareAPage() throws {
    let other = workspace.folder.url.appending(path: "other")
    _ = try workspace.distill(["--steps", "4"])
    _ = try workspace.distill(["--steps", "4", "--tokens", "6"], to: other)
    let result = try report([workspace.output.path, other.path, "--price", "0.5"])
    #expect(result.code == 0, "\(result.errors)")
    let html = try text(page)
    for part in ["2 runs side by side", "What quality costs", "1,000 calls", "other"] {
      #expect(html.contains(part), "\(part)")
    }
    // A report is replaced by a report.
    #expect(try report([other.path]).code == 0)
    #expect(try text(page).contains("6 pseudo-tokens in place of"))
  }

  @Test func badInputIsRefusedInOneLine() throws {
    _ = try workspace.distill(["--steps", "2"])
    let run = workspace.output.path
    for price in [["--price=-1"], ["--price", "-1"]] {
      let result = try report([run] + price)
      #expect(result.code == 2)
      #expect(result.errors.contains("'-1' is invalid for '--price"), "\(result.errors)")
      #expect(result.errors.contains("expected a number of 0 or more"))
    }
    let none = workspace.folder.url.path
    try Program.expectRefusal(
      ["report", none, "--output", page.path],
      "\(none): expected the output folder of a finished run, with metrics.json, found a folder "
        + "without it")
    try Program.expectRefusal(
      ["report", run, "--output", workspace.context],
      "--output: expected a new file or an earlier report as it was written, found another file or a "
        + "changed report, \(workspace.context)")
    #expect(try text(URL(fileURLWithPath: workspace.context)) == Workspace.contextText)
    let lines = workspace.output.appending(path: "metrics.jsonl")
    try (text(lines) + "damaged\n").write(to: lines, atomically: true, encoding: .utf8)
    let damaged = try report([run])
    #expect(damaged.code == 2)
    #expect(damaged.errors.hasPrefix("train-gpu: \(lines.path):3:"), "\(damaged.errors)")
    #expect(damaged.errorLines.count == 1)
    #expect(!FileManager.default.fileExists(atPath: page.path))
  }

  @Test(arguments: ["metrics.jsonl", "evaluations.jsonl", "heldout_answers.jsonl"])
  func aCutLineIsLeftOutAndNamed(name: String) throws {
    _ = try workspace.distill(["--steps", "2"])
    let file = workspace.output.appending(path: name)
    let whole = try text(file)
    let lines = whole.split(separator: "\n").count
    try String(whole.dropLast(12)).write(to: file, atomically: true, encoding: .utf8)
    let cut = try report([workspace.output.path])
    #expect(cut.code == 0, "\(cut.errors)")
    #expect(
      cut.errorLines.contains(
        "warning: \(file.path):\(lines): the last line is cut and is left out"),
      "\(cut.errors)")
    // Nothing but the line's end is missing.
    try String(whole.dropLast(1)).write(to: file, atomically: true, encoding: .utf8)
    let ended = try report([workspace.output.path])
    #expect(ended.code == 0 && !ended.errors.contains("cut"), "\(ended.errors)")
  }

  @Test func aHistoryThatIsGoneIsNamed() throws {
    _ = try workspace.distill(["--steps", "2"])
    let file = workspace.output.appending(path: "metrics.jsonl")
    try FileManager.default.removeItem(at: file)
    let result = try report([workspace.output.path])
    #expect(result.code == 0, "\(result.errors)")
    #expect(
      result.errorLines.contains(
        "warning: \(file.path): the history of the steps is gone, so no curve shows it"))
  }

  @Test func aChangedReportStays() throws {
    _ = try workspace.distill(["--steps", "2"])
    let run = workspace.output.path
    #expect(try report([run]).code == 0)
    #expect(try report([run]).code == 0)
    let changed = try text(page).replacing("</main>", with: "<p>mine</p></main>")
    try changed.write(to: page, atomically: true, encoding: .utf8)
    try Program.expectRefusal(
      ["report", run, "--output", page.path],
      "--output: expected a new file or an earlier report as it was written, found another file or a "
        + "changed report, \(page.path)")
    #expect(try text(page) == changed)
  }

  @Test(arguments: ["--resume", "--overwrite"])
  func aUsersFilesStayBesideANewRun(mode: String) throws {
    _ = try workspace.distill(["--steps", "2"])
    let (readme, report) = (
      workspace.output.appending(path: "README.md"), workspace.output.appending(path: "report.html")
    )
    let notes = try text(readme) + "\nmy notes\n"
    let own = "<html>mine</html>"
    try notes.write(to: readme, atomically: true, encoding: .utf8)
    try own.write(to: report, atomically: true, encoding: .utf8)
    let result = try workspace.distill(["--steps", "4", mode])
    #expect(result.code == 0, "\(result.errors)")
    #expect(try text(workspace.output.appending(path: "README.md.kept")) == notes)
    #expect(try text(workspace.output.appending(path: "report.html.kept")) == own)
    #expect(try text(report).contains("How it was made") && !text(readme).contains("my notes"))
    for name in ["README.md", "report.html"] {
      #expect(result.errors.contains("\(name): changed since it was written"), "\(name)")
    }
    // Nothing else was changed.
    #expect(result.errors.ranges(of: "so it is kept as").count == 2)
  }

  @Test func aPriceIsRecorded() throws {
    _ = try workspace.distill(["--steps", "2", "--price", "3"])
    #expect(try workspace.json("metrics.json")["price_per_million_tokens"].double == 3)
    #expect(try report([workspace.output.path]).code == 0)
    #expect(try text(page).contains("At 3 per million tokens"))
    #expect(try report([workspace.output.path, "--price", "0"]).code == 0)
    #expect(try text(page).contains("At 0 per million tokens"))
    let resumed = try workspace.distill(["--steps", "4", "--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(
      try text(workspace.output.appending(path: "report.html")).contains("At 3 per million tokens"))
    let other = try workspace.distill(["--steps", "6", "--resume", "--price", "5"])
    #expect(other.code == 0, "\(other.errors)")
    #expect(
      try text(workspace.output.appending(path: "report.html")).contains("At 5 per million tokens"))
    // A sweep keeps it too.
    let sweep = workspace.folder.url.appending(path: "sweep")
    _ = try workspace.distill(["--tokens", "2,3", "--steps", "1", "--price", "3"], to: sweep)
    let added = try workspace.distill(["--tokens", "2,3,4", "--steps", "1", "--resume"], to: sweep)
    #expect(added.code == 0, "\(added.errors)")
    for folder in [sweep, sweep.appending(path: "tokens-4")] {
      #expect(
        try workspace.json("metrics.json", in: folder)["price_per_million_tokens"].double == 3)
    }
    #expect(try text(sweep.appending(path: "report.html")).contains("1,000 calls"))
  }
}
