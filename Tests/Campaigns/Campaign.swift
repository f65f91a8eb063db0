import ArgumentParser
import Foundation
import Synchronization

/// What both campaigns take and how they spread their work.
struct CampaignOptions: ParsableArguments {
  @Option(help: "The program (default: train-gpu beside this one).")
  var program: String?

  @Option(help: "Everything random follows from it.")
  var seed: UInt64 = 1

  @Option(help: "Seconds that one run of the program may take.")
  var seconds: Double = 20

  @Option(help: "Mebibytes of address space that it may use.")
  var memory = 4096

  @Option(help: "Runs at a time (default: one a core).")
  var workers: Int?

  @Option(help: "A folder for what shows a failure (default: nothing is kept).")
  var keep: String?

  var limits: ChildProcess.Limits { .init(seconds: seconds, mebibytes: memory) }

  var programURL: URL {
    if let program { return URL(filePath: program).absoluteURL }
    let own = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
    return own.resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "train-gpu")
  }

  /// Calls `body` with every number below `count` and the number of the worker that calls; gives what was found, in order.
  func findings(
    _ count: Int, _ body: @Sendable (_ index: Int, _ worker: Int) throws -> String?
  ) throws -> [String] {
    let next = Atomic(0)
    let found = Mutex<[Int: String]>([:])
    let workers = min(
      max(workers ?? ProcessInfo.processInfo.activeProcessorCount, 1), max(count, 1))
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        if index >= count { return }
        let finding: String?
        do { finding = try body(index, worker) } catch { finding = "the campaign failed: \(error)" }
        if let finding { found.withLock { $0[index] = finding } }
      }
    }
    return found.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
  }

  /// Prints what was found and ends with exit code 1 where that is anything.
  func conclude(_ summary: String, _ findings: [String]) throws {
    for finding in findings { print(finding) }
    print("\(summary): \(findings.isEmpty ? "nothing found" : "\(findings.count) failed")")
    if !findings.isEmpty { throw ExitCode(1) }
  }
}
