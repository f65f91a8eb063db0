import ArgumentParser

/// The benchmarks: every kernel, the training step, the teacher's phase, and answers.
@main struct PithBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pith-bench",
    abstract: "Measures Pith on this machine, beside what the machine can do.",
    subcommands: [
      KernelsCommand.self, StepCommand.self, TeacherCommand.self, GenerateCommand.self,
    ],
    defaultSubcommand: KernelsCommand.self)
}
