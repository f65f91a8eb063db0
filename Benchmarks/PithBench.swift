import ArgumentParser
import Arguments
import Foundation
import Ranks

/// The benchmarks: every kernel, the training step and its ranks, the teacher's phase, and
/// generation. Its exit codes are those of train-gpu: 2 for wrong usage, 1 for other failures.
@main struct PithBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pith-bench",
    abstract: "Measures Pith on this machine, next to the machine's limits.",
    subcommands: [
      KernelsCommand.self, StepCommand.self, RanksCommand.self, TeacherCommand.self,
      GenerateCommand.self,
    ],
    defaultSubcommand: KernelsCommand.self)

  /// Runs the command of the arguments; every failure ends with one line on standard error.
  static func main() {
    do {
      let arguments = Array(CommandLine.arguments.dropFirst())
      try CommandNames(configuration.subcommands.map { $0._commandName }).check(arguments)
      var command = try parseAsRoot(arguments)
      try RepeatedOptions(arguments).check(help: type(of: command)._dumpHelp())
      if !(command is RanksCommand) { try checkAlone(command) }
      try command.run()
    } catch {
      BenchFailure(error).exit()
    }
  }

  /// Checks that a command without ranks is started by itself: several processes would measure each
  /// other.
  private static func checkAlone(_ command: any ParsableCommand) throws {
    let ranks = try Ranks.join(Launch(environment: ProcessInfo.processInfo.environment))
    defer { ranks.leave() }
    guard ranks.count > 1 else { return }
    throw ValidationError(
      "\(type(of: command)._commandName): expected one process, found \(ranks.count) of a job of MPI: "
        + "pith-bench ranks takes several")
  }
}
