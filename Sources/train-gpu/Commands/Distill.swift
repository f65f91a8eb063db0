import ArgumentParser
import Compute
import Distillation
import Foundation

/// `train-gpu distill`: the main command.
struct Distill: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Learn a soft prompt that replaces a long context (the default command).",
    discussion: """
      The frozen model that reads the context is the teacher; the same model with the soft prompt in \
      the context's place is the student. OUTPUT gets a PEFT adapter, the soft prompt alone, a \
      report, a line for every step, and checkpoints.

      \(ComparisonTable.noContext)

      \(ModelOptions.hub)
      """)

  @OptionGroup(title: "Files") var files: DistillFiles
  @OptionGroup(title: "What is learned") var objective: ObjectiveOptions
  @OptionGroup(title: "Training") var plan: ScheduleOptions
  @OptionGroup(title: "Everywhere") var common: CommonOptions

  func run() throws {
    let logger = common.logger
    let interruption = Interruption()
    let progress = ProgressReport(logger: logger, isQuiet: common.quiet)
    defer { progress.finish() }
    let request = try request(logger)
    let recorded = files.resume ? DistillationRun.recordedThreads(in: request.output) : nil
    let device = try common.openDevice(recordedThreads: recorded)
    logger.debug("device \(device.name): \(device.title)")
    let run = try DistillationRun(request, device: device)
    if !run.unusedKeys.isEmpty {
      logger.warning("keys that mean nothing here: \(run.unusedKeys.joined(separator: ", "))")
    }
    for notice in run.notices { logger.show(notice) }
    let outcome = try run.perform(isInterrupted: { interruption.stopSignal != nil }) { event in
      switch event {
      case .started: interruption.deferring(true)
      case .progress(.judging, _, _): interruption.deferring(false)
      default: break
      }
      progress.show(event)
    }
    progress.finish()
    switch outcome {
    case .interrupted(let checkpoint):
      throw Stopped(
        message: "stopped; --resume continues from \(checkpoint.path)",
        signal: interruption.stopSignal ?? SIGINT)
    case .finished(let result, let isPatienceExhausted):
      if isPatienceExhausted {
        logger.info("no better prompt for \(run.options.patience ?? 0) evaluations: ended")
      }
      try StandardOutput.line(RunSummary(result: result, modelName: request.modelName).text)
    }
  }
}
