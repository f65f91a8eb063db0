import ArgumentParser
import Arguments
import Compute
import Distillation
import Foundation
import Transformer

/// The program: every command reads its options, calls Distillation, and shows the result.
@main
struct TrainGPU: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train-gpu",
    abstract: "Compress a long prompt into a few learned pseudo-tokens of a frozen language model.",
    discussion: """
      Results go to standard output, everything else to standard error. Exit codes: 0 done, \
      2 wrong usage or bad input, 1 other failure, 130 stopped by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP; \
      a training that is stopped ends its step and writes a checkpoint first.

      \(ModelOptions.hub)

      Model families (model_type of config.json): \
      \(DecoderConfiguration.supportedFamilies.joined(separator: ", ")).
      """,
    version: ProgramVersion.text,
    subcommands: [
      Distill.self, Study.self, Report.self, Export.self, Evaluate.self, Generate.self, Chat.self,
      Logits.self, Tokenize.self, Devices.self, Tune.self, Manual.self,
    ],
    defaultSubcommand: Distill.self)

  /// Runs the command of the arguments; every failure ends with one line on standard error.
  static func main() {
    ProcessSetup.perform()
    var configured = ConfiguredOptions()
    do {
      try ProcessSetup.checkAddressSpace()
      let arguments = NegativeNumbers.joined(Array(CommandLine.arguments.dropFirst()))
      try commandNames.check(arguments)
      var command = try parsed(arguments)
      try RepeatedOptions(arguments).check(help: type(of: command)._dumpHelp())
      if let distill = command as? Distill {
        command = try distill.withConfiguration(of: arguments, &configured)
      }
      // Also for commands that compute nothing: a wrong value would show in the next one alone.
      _ = try CPUVariant.selected()
      try Job.join(for: command)
      try command.run()
      Job.leave()
    } catch {
      Failure(error).naming(configured).exit()
    }
    ProcessEnd.exit(EXIT_SUCCESS)
  }

  private static var commandNames: CommandNames {
    let shown = configuration.subcommands.filter { $0.configuration.shouldDisplay }
    return CommandNames(
      shown.map { $0._commandName }, hidden: configuration.subcommands.map { $0._commandName })
  }

  /// The command of the arguments. An option that it does not have is refused before one that is
  /// missing.
  private static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
    do {
      return try parseAsRoot(arguments)
    } catch {
      guard message(for: error).hasPrefix("Missing expected argument") else { throw error }
      let named = configuration.subcommands.first { $0._commandName == arguments.first }
      try CommandOptions(help: (named ?? Distill.self)._dumpHelp()).checkNames(of: arguments)
      throw error
    }
  }
}
