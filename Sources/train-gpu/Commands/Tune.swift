import ArgumentParser
import Compute
import Distillation
import Files
import Foundation
import Logging

/// `train-gpu tune`: finds the best constants of the kernels on a GPU, and whether graphs are
/// faster.
struct Tune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Search for the kernels' constants that suit a GPU, and keep them.",
    discussion: """
      Every candidate is built, checked against the default's result and timed at the shapes of a training step; the \
      fastest is kept, the default where none is at least 3 % faster. The result goes to the user's cache folder \
      ($XDG_CACHE_HOME/pith/tuning or ~/.cache/pith/tuning) after every kernel, so that a search that is stopped keeps the \
      kernels that it has finished, and says how many. Every later run on this device and driver uses it; deleting the file brings the defaults \
      back. Other constants may change the order of sums: runs repeat bit for bit under the same tuning.

      By CUDA three things are used only where this has proven them on the device. Attention on tensor cores (sm_80 and \
      later) must give the f32 result within 1e-5, and with operands rounded to bf16, for --activations bf16, within 2^-7. \
      Weights in blocks that are dequantised for tensor cores ("\(Tuner.dequantisedName)") must give our own kernel's result \
      within 2e-5. Steps that are captured as CUDA graphs ("\(GraphTrial.name)") must have the same bits as command by command.
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
    guard let names = onlyNames else { return }
    if names.contains("") {
      throw ValidationError("--only: expected names with commas between them, found an empty one")
    }
    if let index = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
      throw ValidationError("--only: expected each name once, found \(names[index]) twice")
    }
  }

  /// The names of `--only`.
  private var onlyNames: [String]? {
    only?.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
  }

  func run() throws {
    let logger = common.logger
    let interruption = TuneInterruption()
    let store = TuningStore.user
    let device = try common.device.open(
      threads: common.threads, isProfiling: true, tunings: .none)
    guard !device.isCPU else {
      throw UsageError(
        description: "the CPU path has nothing to tune; name a GPU with --device")
    }
    let tuner = try Tuner(device, runs: runs)
    let names = try chosen(tuner.names + (device.isCUDA ? [GraphTrial.name] : []))
    let file = store.file(of: device)
    interruption.begin(names.count, path: file?.path)
    var progress = TuneProgress(of: names.count, logger: logger, isQuiet: common.quiet)
    var found: [TunedKernel] = []
    var graphs: TunedGraphs?
    var record = tuner.record([], keeping: earlier(store, device, logger))
    for name in names {
      progress.begin(name, candidates: tuner.candidateCount(of: name))
      let result: String
      if name == GraphTrial.name {
        let tried = try tryGraphs(store)
        progress.clear()
        if let refusal = tried.refusal { logger.warning("\(name): \(refusal)") }
        result = Self.text(tried)
        graphs = tried
      } else {
        let kernel = try tuner.search(name) { progress.attempt($0) }
        progress.clear()
        for refusal in kernel.refused {
          logger.warning("\(name) \(Self.text(refusal.constants)): \(refusal.reason)")
        }
        result = "\(Self.text(kernel.constants)), \(Self.gain(kernel))"
        found.append(kernel)
      }
      progress.end(result)
      record = tuner.record(found, graphs: graphs, keeping: record)
      try interruption.keep { try store.write(record, of: device) }
    }
    if let file { logger.info("kept in \(file.path)") }
    record.kernels = found
    record.graphs = graphs
    if json {
      try StandardOutput.write(record.json())
    } else {
      try StandardOutput.line(Self.table(found, graphs).text)
    }
  }

  /// What was tuned before; where that cannot be read, it is said that its kernels are lost.
  private func earlier(_ store: TuningStore, _ device: Device, _ logger: Logger) -> TuningRecord? {
    do throws(TuningStoreError) {
      return try store.record(of: device)
    } catch {
      logger.warning("\(error): a new one takes its place")
      return nil
    }
  }

  /// The trial of graphs, with the constants that have been stored: launches must not be timed.
  private func tryGraphs(_ store: TuningStore) throws -> TunedGraphs {
    let device = try common.device.open(threads: common.threads, tunings: store)
    return try GraphTrial(device, runs: runs).search()
  }

  /// The kernels that `--only` names, or all.
  private func chosen(_ names: [String]) throws(UsageError) -> [String] {
    guard let chosen = onlyNames else { return names }
    if let unknown = chosen.first(where: { !names.contains($0) }) {
      throw UsageError(
        description: "--only: '\(unknown)' has nothing to tune on this device; expected some of "
          + names.joined(separator: ", "))
    }
    return names.filter { chosen.contains($0) }
  }

  /// A row for each kernel, and one for graphs: a step enqueued and replayed.
  private static func table(_ kernels: [TunedKernel], _ graphs: TunedGraphs?) -> TextTable {
    var rows = [["kernel", "constants", "default us", "best us", "gain"]]
    rows += kernels.map {
      [
        $0.name, text($0.constants), Decimals.text($0.defaultMicroseconds, 1),
        Decimals.text($0.microseconds, 1), gain($0),
      ]
    }
    if let graphs {
      rows.append([
        GraphTrial.name, graphs.areUsed ? "replayed" : "enqueued",
        Decimals.text(graphs.enqueuedMicroseconds, 1),
        graphs.replayedMicroseconds.map { Decimals.text($0, 1) } ?? "-", gain(graphs),
      ])
    }
    return TextTable(columns: [.left, .left, .right, .right, .right], rows: rows)
  }

  private static func text(_ graphs: TunedGraphs) -> String {
    let enqueued =
      "\(graphs.commands) commands enqueued "
      + "\(Decimals.text(graphs.enqueuedMicroseconds, 1)) us"
    guard let replayed = graphs.replayedMicroseconds else { return enqueued }
    return "\(enqueued), replayed \(Decimals.text(replayed, 1)) us, \(gain(graphs))"
  }

  private static func gain(_ graphs: TunedGraphs) -> String {
    guard graphs.areUsed, let replayed = graphs.replayedMicroseconds else { return "default" }
    return Decimals.percent(1 - replayed / graphs.enqueuedMicroseconds)
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
