import Foundation
import JSON
import TestSupport
import Testing

/// Runs that several ranks share out, against the same runs by one.
@Suite(.serialized, .enabled(if: Launcher.isUsable, Launcher.reason))
struct RanksTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func folder(_ name: String) -> URL { workspace.folder.url.appending(path: name) }

  /// Batches of 2 of 5 examples: with 3 ranks one has none, and with 2 in an epoch's last step.
  @Test(arguments: [
    ["--teacher-cache", "projected"], ["--teacher-cache", "hidden"],
    ["--teacher-cache", "logits"], ["--method", "kv", "--tokens", "4"],
    ["--no-shuffle", "--batch-size", "5", "--clip-norm", "0.1"],
  ]) func ranksFollowOne(options: [String]) throws {
    let arguments = options + ["--steps", "12"]
    let one = folder("one")
    let alone = try workspace.distill(arguments, to: one)
    try #require(alone.code == 0, "\(alone.errors)")
    for ranks in [2, 3] {
      let output = folder("ranks-\(ranks)")
      let shared = workspace.arguments(with: arguments + ["--output", output.path])
      let result = try Launcher.run(ranks, shared)
      try #require(result.code == 0, "\(result.allErrors)")
      #expect(result.errorLines[0].hasPrefix("\(ranks) ranks: \(ranks) at "))
      #expect(result.errorLines[0].hasSuffix(", each on cpu with 1 thread"))
      // One rank speaks for all.
      #expect(result.output.components(separatedBy: "Files in ").count == 2)
      try workspace.expectSameTrajectory(output, as: one, "\(ranks) ranks")
      #expect(try workspace.json("metrics.json", in: output)["ranks"] == .integer(ranks))
      #expect(
        try Data(contentsOf: output.appending(path: "answers.jsonl"))
          == Data(contentsOf: one.appending(path: "answers.jsonl")))
    }
    #expect(try workspace.json("metrics.json", in: one)["ranks"] == .null)
  }

  @Test func asManyRanksGiveTheSameBits() throws {
    let outputs = ["first", "second"].map(folder)
    for output in outputs {
      let result = try Launcher.run(
        2, workspace.arguments + ["--steps", "8", "--output", output.path])
      try #require(result.code == 0, "\(result.allErrors)")
    }
    #expect(try workspace.softPrompt(in: outputs[0]) == workspace.softPrompt(in: outputs[1]))
    #expect(
      try workspace.numbers("loss", in: outputs[0]) == workspace.numbers("loss", in: outputs[1]))
    let readme = try String(contentsOf: outputs[0].appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains("The same bits come with 2 ranks of 1 thread (`threads: 1`)."))
  }

  /// Starts two ranks, and waits until they have written a checkpoint.
  private func startedRun() throws -> Program.Running {
    let running = try Launcher.start(
      2,
      workspace.arguments + [
        "--steps", "1000000", "--checkpoint-every", "5", "--output", workspace.output.path,
      ])
    while running.isRunning, workspace.checkpoints.isEmpty { usleep(5000) }
    return running
  }

  /// A killed rank ends the job, whose last checkpoint stands; another number of ranks goes on from
  /// it.
  @Test func aKilledRankEndsTheJobAndThreeGoOn() throws {
    let running = try startedRun()
    let last = try #require(try Launcher.processes(with: workspace.output.path).last)
    kill(last, SIGKILL)
    let ended = try running.wait()
    #expect(ended.code != 0)
    #expect(ended.allErrors.contains("rank 1"))
    #expect(ended.allErrors.contains("signal 9"))
    #expect(ended.failures.isEmpty)
    #expect(try Launcher.processes(with: workspace.output.path).isEmpty)
    let step = try #require(workspace.checkpoints.max())
    let arguments =
      workspace.arguments + [
        "--steps", "\(step + 6)", "--output", workspace.output.path, "--resume",
      ]
    let resumed = try Launcher.run(3, arguments)
    try #require(resumed.code == 0, "\(resumed.allErrors)")
    #expect(resumed.errors.contains("resumed after step \(step)"))
    #expect(
      resumed.errorLines.contains(
        "warning: the run was started with 2 ranks and continues with 3: last digits will be others "
          + "than those of a run without a stop"))
    let whole = folder("whole")
    let alone = try workspace.distill(["--steps", "\(step + 6)"], to: whole)
    #expect(alone.code == 0)
    #expect(try workspace.steps().map { $0["step"] } == (1...(step + 6)).map(JSON.integer))
  }

  /// A launcher that gets Ctrl-C sends SIGTERM to its ranks. Here one rank gets it, and all end
  /// after the same step: the launcher itself would not get SIGINT, which Foundation starts it with
  /// blocked.
  @Test func aStopOfOneRankEndsAllWithOneCheckpoint() throws {
    let running = try startedRun()
    kill(try #require(try Launcher.processes(with: workspace.output.path).last), SIGTERM)
    let stopped = try running.wait()
    #expect(stopped.code != 0)
    let newest = try #require(workspace.checkpoints.max())
    #expect(
      stopped.failures == [
        "train-gpu: stopped; --resume continues from \(workspace.output.path)/checkpoint-\(newest)"
      ])
    #expect(try workspace.steps().count == newest)
    // Alone it goes on too, to the end.
    let resumed = try workspace.distill(["--steps", "\(newest + 2)", "--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("started with 2 ranks and continues with 1"))
  }

  /// What one rank cannot read ends all, with one line that names it.
  @Test func aRankThatFailsIsNamed() throws {
    func arguments(_ context: String) throws -> [String] {
      workspace.arguments(with: ["--context", context, "--output", workspace.output.path])
    }
    let missing = folder("missing.txt").path
    let one = try Launcher.start([
      (1, try arguments(workspace.context)), (1, try arguments(missing)),
    ]).wait()
    #expect(one.code == 2)
    #expect(one.failures.count == 1)
    let line = one.failures.first ?? ""
    #expect(line.hasPrefix("train-gpu: rank 1 on "), "\(line)")
    #expect(line.hasSuffix(": \(missing): expected a file, found nothing"), "\(line)")
    // What none can read is no rank's own.
    let all = try Launcher.run(2, try arguments(missing))
    #expect(all.failures == ["train-gpu: \(missing): expected a file, found nothing"])
    // Another text is another context.
    let other = try workspace.folder.write("other.txt", "a bad cab").path
    let differing = try Launcher.start([
      (1, try arguments(workspace.context)), (1, try arguments(other)),
    ]).wait()
    #expect(differing.code != 0)
    #expect(differing.failures.count == 1)
    #expect(
      differing.failures.first?.hasSuffix(
        ": expected the context of rank 0, found another") == true, "\(differing.failures)")
    #expect(!FileManager.default.fileExists(atPath: workspace.output.path))
  }

  /// A failure of one rank amid the steps ends the others, which wait for its gradient.
  @Test func aRankThatFailsAmidStepsIsNamed() throws {
    let running = try startedRun()
    let moved = folder("moved")
    try FileManager.default.moveItem(at: workspace.output, to: moved)
    let ended = try running.wait()
    #expect(ended.code == 1)
    #expect(ended.failures.count == 1)
    #expect(ended.failures.first?.hasPrefix("train-gpu: rank 0 on ") == true)
    // What it was writing at that moment.
    #expect(
      ended.failures.first?.contains(workspace.output.path) == true, "\(ended.failures)")
  }

  /// Other hosts need no output folder.
  @Test func theFirstRankAloneWrites() throws {
    let other = folder("other")
    let arguments = workspace.arguments + ["--steps", "4", "--output"]
    let result = try Launcher.start([
      (1, arguments + [workspace.output.path]), (1, arguments + [other.path]),
    ]).wait()
    #expect(result.code == 0, "\(result.allErrors)")
    #expect(try workspace.steps().count == 4)
    #expect(!FileManager.default.fileExists(atPath: other.path))
  }

  @Test func commandsThatAreNotSharedOutAreRefused() throws {
    let result = try Launcher.run(2, ["devices"])
    #expect(result.code == 2)
    #expect(
      result.failures == [
        "train-gpu: devices: expected one process, found 2 of a job of MPI: distill, study and evaluate "
          + "are shared out"
      ])
    #expect(try Launcher.run(2, ["--tokns", "4"]).failures.count == 1)
  }

  /// Under the launcher of another MPI every process would be a job of one rank.
  @Test func theLauncherOfAnotherMPIIsRefused() throws {
    let (count, rank) =
      Launcher.isOpenMPI
      ? ("PMI_SIZE", "PMI_RANK") : ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK")
    for number in 0..<2 {
      let result = try Program.run(
        ["devices"],
        environment: Launcher.environment.merging([count: "2", rank: "\(number)"]) { $1 })
      #expect(result.code == 2)
      #expect(result.output.isEmpty)
      // One of them speaks.
      #expect(result.failures.count == (number == 0 ? 1 : 0), "\(result.allErrors)")
      if number == 0 {
        let line = try #require(result.failures.first)
        #expect(
          line.hasPrefix(
            "train-gpu: started as one of several processes by the launcher of another MPI than "),
          "\(line)")
        #expect(
          line.hasSuffix("; make build MPI=openmpi or MPI=mpich builds with that of the launcher"))
      }
    }
  }

  @Test func evaluationIsSharedOut() throws {
    _ = try workspace.distill(["--steps", "4"])
    let arguments = [
      "evaluate", "--model", workspace.model, "--adapter", workspace.output.path, "--context",
      workspace.context, "--inputs", workspace.inputs, "--json", "--device", "cpu", "--threads",
      "1",
    ]
    let alone = try Program.run(arguments)
    let shared = try Launcher.run(3, arguments)
    try #require(alone.code == 0 && shared.code == 0, "\(shared.allErrors)")
    let (one, three) = (
      try JSON(parsing: Array(alone.output.utf8)), try JSON(parsing: Array(shared.output.utf8))
    )
    #expect(one.sortedKeys == three.sortedKeys)
    for key in ["kl", "kl_no_context", "top1_agreement", "exact_match"] {
      let (expected, found) = (one[key].double ?? 0, three[key].double ?? 1)
      #expect(abs(found - expected) <= Tolerance.ranks.rawValue * abs(expected), "\(key)")
    }
  }

  /// A study by several ranks is that of one, and the run that follows holds out the same.
  @Test func aStudyIsSharedOut() throws {
    func arguments(_ output: String) -> [String] {
      [
        "study", "--model", workspace.model, "--context", workspace.context, "--output",
        folder(output).path, "--count", "20", "--response-tokens", "4", "--temperature", "1.5",
        "--device", "cpu", "--threads", "1", "--no-filter", "--question-tokens", "8",
        "--chunk-minimum", "8", "--chunk-maximum", "30",
      ]
    }
    let alone = try Program.run(arguments("one.jsonl"))
    let shared = try Launcher.run(2, arguments("two.jsonl"))
    try #require(alone.code == 0 && shared.code == 0, "\(shared.allErrors)")
    #expect(
      try Data(contentsOf: folder("one.jsonl")) == Data(contentsOf: folder("two.jsonl")))
    let again = try Launcher.run(2, arguments("two.jsonl"))
    #expect(again.code == 0)
    #expect(again.output.hasPrefix("20 conversations in 20 lines"))
  }
}
