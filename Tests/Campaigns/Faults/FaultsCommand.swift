import ArgumentParser
import Foundation
import TestSupport

/// One fault at each file operation of a run: afterwards nothing is lost.
struct FaultsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faults",
    abstract: "Fails every file operation of a run, one by one, and goes on afterwards.",
    discussion: """
      Kinds of faults: the program is killed, a write is torn, the disk is full, an I/O error, a \
      read-only file system. Linux with glibc.
      """)

  @Option(help: "Faults to try, spread over all (default: all).")
  var count: Int?

  @OptionGroup var options: CampaignOptions

  func run() throws {
    let laboratory = try FaultLaboratory(program: options.programURL, limits: options.limits)
    var trials = FaultScenario.allCases.flatMap { scenario in
      (laboratory.operations[scenario] ?? []).flatMap { operation in
        FaultKind.allCases.filter { $0.concerns(operation.kind) }.map { (scenario, operation, $0) }
      }
    }
    let operations = laboratory.operations.values.map(\.count).reduce(0, +)
    guard operations > 0 else {
      throw CampaignError(description: "no file operation was seen: is LD_PRELOAD ignored here?")
    }
    if let count, count < trials.count {
      let (all, shift) = (trials, Int(options.seed % 97))
      trials = (0..<count).map { all[($0 * all.count / count + shift) % all.count] }
    }
    if options.minutes != nil {
      // What the time leaves out is not all of one kind.
      var random = SeededGenerator(seed: options.seed)
      trials.shuffle(using: &random)
    }
    let chosen = trials
    let (findings, tried) = try options.findings(
      chosen.count,
      name: { "\(chosen[$0].0), \(chosen[$0].2) at \(chosen[$0].1.description)" }
    ) { index, _ in
      try laboratory.trial(chosen[index].0, chosen[index].1, chosen[index].2)
    }
    try options.conclude(
      "\(operations) file operations in \(FaultScenario.allCases.count) runs, "
        + "\(options.title(tried, of: chosen.count)) faults", findings)
  }
}
