import ArgumentParser

/// The benchmarks: every kernel, the training step and its ranks, the teacher's phase, and generation.
@main struct PithBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pith-bench",
    abstract: "Measures Pith on this machine, next to the machine's limits.",
    subcommands: [
      KernelsCommand.self, StepCommand.self, RanksCommand.self, TeacherCommand.self,
      GenerateCommand.self,
    ],
    defaultSubcommand: KernelsCommand.self)
}
