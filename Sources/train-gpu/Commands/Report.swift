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
  @OptionGroup var common: CommonOptions

  func run() throws {
    let file = try URL(path: output, option: "output")
    let folders = try runs.map { try URL(path: $0, option: "run") }
    do {
      if case .file(let path) = try OutputPath(file.path) { try checkReplaced(path) }
    } catch let error as FileError {
      throw UsageError(description: "--output: \(error)")
    }
    try ReportPage(RunReport.reading(folders), price: cost.price).write(to: file)
    common.logger.info("\(Counted(folders.count, "run")) in \(file.path)")
  }

  /// Only reports are replaced by reports, and that of a sweep only by the sweep itself.
  private func checkReplaced(_ path: String) throws {
    if Sweep.isPage(URL(fileURLWithPath: path)) {
      throw UsageError(
        description: "--output: expected another file than the report of a sweep, found \(path)")
    }
    guard FileManager.default.fileExists(atPath: path),
      !ReportPage.isReport(URL(fileURLWithPath: path))
    else { return }
    throw UsageError(
      description: "--output: expected a new file or an earlier report, found another file, \(path)"
    )
  }
}
