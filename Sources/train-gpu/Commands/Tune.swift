import ArgumentParser
import Compute
import Distillation
import Files
import Foundation
import Logging

/// `train-gpu tune`: finds the best constants of the kernels on a GPU.
struct Tune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Search for the kernels' constants that suit a GPU, and keep them.",
    discussion: """
      Every candidate is built, checked against the default's result and timed at the shapes of a training step; the \
      fastest is kept, the default where none is at least 3 % faster. The result goes to the user's cache folder \
      ($XDG_CACHE_HOME/pith/tuning or ~/.cache/pith/tuning) after every kernel, so that a search that is stopped keeps the \
      kernels that it has finished. Every later run on this device and driver uses it; deleting the file brings the defaults \
      back. Other constants may change the order of sums: runs repeat bit for bit under the same tuning.
      """)

  @Option(
    help: ArgumentHelp(
      "Only these kernels, by the names that the results show.", valueName: "name,name"))
  var only: String?

  @Option(help: ArgumentHelp("Counted runs of each candidate; the median decides.", valueName: "n"))
  var runs = 9

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if runs < 1 { throw ValidationError("--runs: expected 1 or more, found \(runs)") }
  }

  func run() throws {
    let logger = common.logger
    let store = TuningStore.user
    let device = try common.device.open(
      threads: common.threads, isProfiling: true, tunings: .none)
    guard !device.isCPU else {
      throw UsageError(
        description: "the CPU path has nothing to tune; name a GPU with --device")
    }
    let tuner = try Tuner(device, runs: runs)
    let names = try chosen(tuner.names)
    // Ctrl-C ends the program at once: finished kernels are in the file.
    var line = StatusLine()
    var found: [TunedKernel] = []
    var record = tuner.record([], keeping: store.record(of: device))
    for (index, name) in names.enumerated() {
      let kernel = try tuner.search(name) { candidate in
        guard !common.quiet, StandardError.isTerminal else { return }
        line.show("\(Bar(index, of: names.count).text) \(name) \(candidate)")
      }
      line.clear()
      for refusal in kernel.refused {
        logger.warning("\(name) \(Self.text(refusal.constants)): \(refusal.reason)")
      }
      logger.info(
        "\(index + 1)/\(names.count) \(name): \(Self.text(kernel.constants)), \(Self.gain(kernel))")
      found.append(kernel)
      record = tuner.record(found, keeping: record)
      try store.write(record, of: device)
    }
    if let file = store.file(of: device) { logger.info("kept in \(file.path)") }
    record.kernels = found
    if json {
      try StandardOutput.write(record.json())
    } else {
      try StandardOutput.line(Self.table(found).text)
    }
  }

  /// The kernels that `--only` names, or all.
  private func chosen(_ names: [String]) throws(UsageError) -> [String] {
    guard let only else { return names }
    let chosen = only.split(separator: ",").map { String($0) }
    if let unknown = chosen.first(where: { !names.contains($0) }) ?? (chosen.isEmpty ? only : nil) {
      throw UsageError(
        description: "--only: '\(unknown)' has nothing to tune on this device; expected some of "
          + names.joined(separator: ", "))
    }
    return names.filter { chosen.contains($0) }
  }

  private static func table(_ kernels: [TunedKernel]) -> TextTable {
    TextTable(
      columns: [.left, .left, .right, .right, .right],
      rows: [["kernel", "constants", "default us", "best us", "gain"]]
        + kernels.map {
          [
            $0.name, text($0.constants), Decimals.text($0.defaultMicroseconds, 1),
            Decimals.text($0.microseconds, 1), gain($0),
          ]
        })
  }

  private static func text(_ constants: [String: Int]) -> String {
    constants.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
  }

  private static func gain(_ kernel: TunedKernel) -> String {
    kernel.constants == kernel.defaultConstants
      ? "default"
      : Decimals.percent(1 - kernel.microseconds / max(kernel.defaultMicroseconds, 1e-9))
  }
}
