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

  @Option(help: "Minutes after which no other run begins (default: all are done).")
  var minutes: Int?

  @Option(help: "A folder for what shows a failure (default: nothing is kept).")
  var keep: String?

  func validate() throws {
    if let minutes, minutes < 1 { throw ValidationError("--minutes: expected 1 or more") }
  }

  var limits: ChildProcess.Limits { .init(seconds: seconds, mebibytes: memory) }

  var programURL: URL {
    if let program { return URL(filePath: program).absoluteURL }
    let own = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
    return own.resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "train-gpu")
  }

  /// Calls `body` with every number below `count` and the number of the worker that calls, until
  /// the time is over. Standard error shows how far it is.
  ///
  /// - Parameter name: what a number stands for.
  /// - Returns: what was found, in order, and how many were tried.
  func findings(
    _ count: Int, name: @Sendable (_ index: Int) -> String,
    _ body: @Sendable (_ index: Int, _ worker: Int) throws -> String?
  ) throws -> (found: [String], tried: Int) {
    let next = Atomic(0)
    let found = Mutex<[Int: String]>([:])
    let progress = Mutex(CampaignProgress(count: count, limit: minutes.map { 60 * Double($0) }))
    let workers = min(
      max(workers ?? ProcessInfo.processInfo.activeProcessorCount, 1), max(count, 1))
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
      while !progress.withLock({ $0.isOver }) {
        let index = next.add(1, ordering: .relaxed).oldValue
        if index >= count { return }
        let finding: String?
        do { finding = try body(index, worker) } catch { finding = "the campaign failed: \(error)" }
        if let finding { found.withLock { $0[index] = finding } }
        let line = progress.withLock { $0.finish(name(index), isFailed: finding != nil) }
        if let line { CampaignProgress.say(line) }
      }
    }
    return (
      found.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }, progress.withLock { $0.done }
    )
  }

  /// How many of all were tried, in words.
  func title(_ tried: Int, of count: Int) -> String {
    tried == count ? "\(count)" : "in \(minutes ?? 0) minutes \(tried) of \(count)"
  }

  /// Prints what was found and ends with exit code 1 where that is anything.
  func conclude(_ summary: String, _ findings: [String]) throws {
    for finding in findings { print(finding) }
    print("\(summary): \(findings.isEmpty ? "nothing found" : "\(findings.count) failed")")
    if !findings.isEmpty { throw ExitCode(1) }
  }
}
