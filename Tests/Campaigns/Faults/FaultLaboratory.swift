import Foundation
import TestSupport

/// Where faults are tried: the inputs, the fault library, and what every scenario gives without a
/// fault.
struct FaultLaboratory {
  let place: CampaignPlace
  private let program: URL
  private let limits: ChildProcess.Limits
  private let library: URL
  /// By scenario.
  private(set) var operations: [FaultScenario: [FileOperation]] = [:]
  private var expected: [FaultScenario: RunResults] = [:]

  private static let source = URL(filePath: #filePath)
    .deletingLastPathComponent().appending(path: "fault_injection.c")

  init(program: URL, limits: ChildProcess.Limits) throws {
    (self.program, self.limits) = (program, limits)
    place = try CampaignPlace()
    library = place.url("fault_injection.so")
    let compiler = try ChildProcess(
      URL(filePath: "/bin/sh"),
      [
        "-c",
        // The compiler beside `swift`, which is there where the package was built.
        "swift=$(readlink -f \"$(command -v swift)\") && \"${swift%/*}/clang\" \"$@\"",
        "clang", "-O1", "-shared", "-fPIC", Self.source.path, "-o", library.path, "-ldl",
      ], in: place.folder.url, limits: limits)
    guard compiler.ending == .exit(0) else { throw CampaignError(description: compiler.errors) }
    for scenario in FaultScenario.allCases {
      CampaignProgress.say("a run without a fault: \(scenario)")
      let run = try prepare(scenario, in: "before-\(scenario)")
      let reference = try prepare(scenario, in: "reference-\(scenario)")
      let trace = place.url("\(scenario).trace")
      let result = try distill(
        scenario.command, reference,
        [
          "PITH_FAULT_TRACE": trace.path,
          "PITH_FAULT_FOLDER": reference.appending(path: "run").path,
        ])
      guard result.ending == .exit(0) else { throw CampaignError(description: result.errors) }
      operations[scenario] = try String(contentsOf: trace, encoding: .utf8)
        .split(separator: "\n").compactMap(FileOperation.init)
      expected[scenario] = try RunResults(of: reference.appending(path: "run"))
      _ = run
    }
  }

  /// A folder with what stands before the command of a scenario.
  private func prepare(_ scenario: FaultScenario, in name: String) throws -> URL {
    let folder = place.url(name)
    let manager = FileManager.default
    try manager.createDirectory(at: folder, withIntermediateDirectories: true)
    let made = place.url("before-\(scenario)/run")
    if manager.fileExists(atPath: made.path) {
      try manager.copyItem(at: made, to: folder.appending(path: "run"))
    } else if let before = scenario.before {
      let result = try distill(before, folder, [:])
      guard result.ending == .exit(0) else { throw CampaignError(description: result.errors) }
    }
    return folder
  }

  private func distill(
    _ more: [String], _ folder: URL, _ fault: [String: String]
  ) throws -> ChildProcess {
    var environment = fault
    if !fault.isEmpty { environment["LD_PRELOAD"] = library.path }
    return try ChildProcess(
      program,
      place.distillation(validation: place.url("validation.jsonl").path) + [
        "--output", folder.appending(path: "run").path, "--checkpoint-every", "2",
        "--evaluate-every", "2",
      ] + more, in: folder, environment: environment, limits: limits)
  }

  /// Runs a scenario with a fault; gives what is wrong afterwards, or nil.
  func trial(
    _ scenario: FaultScenario, _ operation: FileOperation, _ kind: FaultKind
  ) throws -> String? {
    let folder = try prepare(scenario, in: "\(scenario)-\(operation.number)-\(kind)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = folder.appending(path: "run")
    let faulted = try distill(
      scenario.command, folder,
      [
        "PITH_FAULT_FOLDER": run.path, "PITH_FAULT_AT": "\(operation.number)",
        "PITH_FAULT_KIND": kind.rawValue,
      ])
    let problem = try problemOf(faulted, scenario, kind, run) ?? problemAfter(scenario, run, folder)
    return problem.map {
      "\(scenario), \(kind) at \(operation.number) \(operation.description): \($0)"
    }
  }

  /// What is wrong with how a run with a fault ended.
  private func problemOf(
    _ result: ChildProcess, _ scenario: FaultScenario, _ kind: FaultKind, _ run: URL
  ) throws -> String? {
    if kind.ends && result.ending == .signal(SIGKILL) { return nil }
    if let fault = result.fault { return fault }
    if result.ending == .exit(0) {
      let differences = try expected[scenario]?.differences(from: RunResults(of: run)) ?? []
      if !differences.isEmpty { return "said to be done, but \(differences) differ" }
    }
    return nil
  }

  /// What is lost: an earlier result that cannot be read, or a run that cannot be brought to its
  /// end.
  private func problemAfter(
    _ scenario: FaultScenario, _ run: URL, _ folder: URL
  ) throws -> String? {
    if scenario == .extended {
      let reader = try ChildProcess(
        program,
        [
          "generate", "--model", place.model.path, "--adapter", run.path, "--prompt", "ab",
          "--max-tokens", "1", "--device", "cpu", "--threads", "1", "--quiet",
        ], in: folder, limits: limits)
      if reader.ending != .exit(0) { return "the adapter cannot be read: \(reader.errors)" }
    }
    let hasCheckpoint =
      (try? FileManager.default.contentsOfDirectory(atPath: run.path))?
      .contains { $0.hasPrefix("checkpoint-") && !$0.contains(".") } ?? false
    var refusals: [String] = []
    for recovery in scenario.recoveries {
      let again = try distill(recovery, folder, [:])
      if again.ending == .exit(0) {
        let differences = try expected[scenario]?.differences(from: RunResults(of: run)) ?? []
        return differences.isEmpty ? nil : "after \(recovery): \(differences) differ"
      }
      if let fault = again.fault { return "\(recovery): \(fault)" }
      if scenario.before == nil && hasCheckpoint { return "not resumed: \(again.errors)" }
      refusals.append(again.errors)
    }
    return "nothing goes on from there: \(refusals.joined(separator: " "))"
  }
}
