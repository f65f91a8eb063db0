import Foundation
import JSON
import TestSupport
import Testing

/// Runs on two hosts, which are namespaces of this machine.
@Suite(.serialized, .enabled(if: TwoHosts.isUsable, TwoHosts.reason))
struct TwoHostsTests {
  private let workspace: Workspace
  private let hosts: TwoHosts

  init() throws {
    workspace = try Workspace()
    hosts = try TwoHosts(in: workspace.folder.url.appending(path: "hosts"))
  }

  private func folder(_ name: String) -> URL { workspace.folder.url.appending(path: name) }

  /// The arguments of a small distillation whose ranks divide the cores of their host.
  private func arguments(_ more: [String], to output: URL) throws -> [String] {
    var own = workspace.arguments
    let threads = try #require(own.firstIndex(of: "--threads"))
    own.removeSubrange(threads...(threads + 1))
    return own + more + ["--output", output.path]
  }

  /// Two ranks of alpha share its cores, and beta's rank has all of its own. Beta sees no output
  /// folder.
  @Test func twoHostsFollowOne() throws {
    let steps = ["--steps", "12"]
    #expect(try workspace.distill(steps).code == 0)
    let output = hosts.ofAlpha.appending(path: "run")
    let result = try hosts.start(alpha: 2, beta: 1, arguments(steps, to: output)).wait()
    try #require(result.code == 0, "\(result.allErrors)")
    let cores = ProcessInfo.processInfo.activeProcessorCount
    func threads(_ count: Int) -> String { count == 1 ? "1 thread" : "\(count) threads" }
    // Warnings of the launcher itself begin with a host in brackets.
    #expect(
      result.errorLines.first { !$0.hasPrefix("[") }
        == "3 ranks: 2 at alpha, each on cpu with \(threads(max(1, cores / 2))); 1 at beta, on cpu with "
        + threads(cores))
    try workspace.expectSameTrajectory(output, as: workspace.output, "2 + 1 ranks")
    #expect(result.output.components(separatedBy: "Files in ").count == 2)
  }

  /// An adapter that was moved since a sweep started from it is compared on the first host alone:
  /// the runs that have begun do not read it.
  @Test func aMovedStartOfASweepIsNeededOnOneHost() throws {
    let (start, moved) = (folder("start"), hosts.ofAlpha.appending(path: "moved"))
    #expect(try workspace.distill(["--tokens", "2", "--steps", "1"], to: start).code == 0)
    let output = folder("sweep")
    let sizes = ["--tokens", "2,3", "--init"]
    func sweep(_ more: [String]) throws {
      let own = try arguments(sizes + more, to: output).overridden
      let result = try hosts.start(alpha: 1, beta: 1, own).wait()
      try #require(result.code == 0, "\(result.allErrors)")
    }
    try sweep([start.path, "--steps", "1"])
    try FileManager.default.moveItem(at: start, to: moved)
    try sweep([moved.path, "--steps", "2", "--resume"])
    let record = try workspace.json("sweep.json", in: output)
    // The place that was named first, as in the runs.
    #expect(record["init"] == .string(start.path), "\(record)")
  }

  /// Starts a rank on each host, and waits until they have written a checkpoint. The launcher
  /// notices within seconds that nothing comes from a host any more.
  private func startedRun(_ output: URL) throws -> Program.Running {
    let running = try hosts.start(
      alpha: 1, beta: 1,
      arguments(["--steps", "1000000", "--checkpoint-every", "5"], to: output),
      environment: [
        "OMPI_MCA_oob_tcp_keepalive_time": "2", "OMPI_MCA_oob_tcp_keepalive_intvl": "1",
        "OMPI_MCA_oob_tcp_keepalive_probes": "2",
      ])
    while running.isRunning, workspace.checkpoints(in: output).isEmpty { usleep(5000) }
    return running
  }

  /// The launcher names a host that is gone, or that the network does not reach, and what was
  /// written stands.
  @Test(arguments: [false, true]) func aLostHostIsNamed(isCut: Bool) throws {
    let output = hosts.ofAlpha.appending(path: "run")
    let running = try startedRun(output)
    if isCut { try hosts.cut() }
    if !isCut { for process in try hosts.processesOfBeta() { kill(process, SIGKILL) } }
    let ended = try running.wait()
    // Beyond a cut network ranks go on for a while.
    for process in try hosts.processesOfBeta() { kill(process, SIGKILL) }
    #expect(ended.code != 0)
    #expect(ended.allErrors.contains("on node beta"), "\(ended.allErrors)")
    let step = try #require(workspace.checkpoints(in: output).max())
    let resumed = try workspace.distill(["--steps", "\(step + 2)", "--resume"], to: output)
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("resumed after step \(step)"))
  }

  /// So does it for a rank that is killed there.
  @Test func aKilledRankOfAHostIsNamed() throws {
    let running = try startedRun(hosts.ofAlpha.appending(path: "run"))
    let program = Program.url.path
    let ranks = try hosts.processesOfBeta().filter { process in
      let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
      return line.split(separator: 0).first.map { String(decoding: $0, as: UTF8.self) } == program
    }
    kill(try #require(ranks.first), SIGKILL)
    let ended = try running.wait()
    #expect(ended.code != 0)
    #expect(
      ended.allErrors.contains("rank 1") && ended.allErrors.contains("on node beta"),
      "\(ended.allErrors)")
  }
}
