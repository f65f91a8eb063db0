import ArgumentParser
import Distillation
import Files
import Foundation
import JSON

/// `train-gpu report`: runs side by side, in a page for a browser.
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a page for a browser about one run, or about several side by side.",
    discussion: """
      A run writes report.html itself; this makes it anew, for example with a price. Of several runs it \
      shows the curves in the same axes, the numbers in one table, what quality costs in tokens and bytes, \
      and the options in which they differ. The page is one file and needs no network.
      """)

  @Argument(
    help: ArgumentHelp("The output folders of finished runs.", valueName: "run"),
    completion: .directory)
  var runs: [String]

  @Option(
    help: ArgumentHelp("Where the page goes.", valueName: "file.html"),
    completion: .file(extensions: ["html"]))
  var output: String

  @OptionGroup var cost: PriceOption
  @OptionGroup var form: JSONOption
  @OptionGroup var common: CommonOptions

  func run() throws {
    let file = try URL(path: output, option: "output")
    let folders = try runs.map { try URL(path: $0, option: "run") }
    let stream = try OutputPath.open(file, checkReplaced: checkReplaced)
    let reports = try RunReport.reading(folders)
    for notice in reports.flatMap(\.notices) { common.logger.warning("\(notice)") }
    try withExtendedLifetime(stream) {
      try ReportPage(reports, price: cost.price).write(to: file)
    }
    common.logger.info("\(Counted(folders.count, "run")) in \(file.path)")
    guard form.json else { return }
    try form.write("") { try object(reports, file) }
  }

  /// The numbers of each run, as in its metrics.json.
  private func object(_ reports: [RunReport], _ page: URL) throws -> JSONObject {
    let runs = try reports.map { report in
      var run: JSONObject = ["run": .string(report.name)]
      guard case .object(let metrics) = try JSON(encoding: report.metrics) else {
        return JSON.object(run)
      }
      for (name, value) in metrics.members { run[name] = value }
      return .object(run)
    }
    return ["output": .string(page.path), "runs": .array(runs)]
  }

  /// Only reports that nobody has changed are replaced by reports, and that of a sweep only by the
  /// sweep itself.
  private func checkReplaced(_ path: String) throws {
    if Sweep.isPage(URL(fileURLWithPath: path)) {
      throw UsageError(
        description: "--output: expected another file than the report of a sweep, found \(path)")
    }
    guard FileManager.default.fileExists(atPath: path),
      !ReportPage.isUnchanged(URL(fileURLWithPath: path))
    else { return }
    throw UsageError(
      description: "--output: expected a new file or an earlier report as it was written, found "
        + "another file or a changed report, \(path)")
  }
}
