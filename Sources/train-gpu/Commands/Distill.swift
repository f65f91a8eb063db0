import ArgumentParser
import Compute
import Distillation
import Foundation
import JSON
import Logging

/// `train-gpu distill`: the main command.
struct Distill: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Learn a prompt that replaces a long context (the default command).",
    discussion: """
      A model and a context are enough: without --inputs the model writes questions about the context \
      first, as train-gpu study does.

      The frozen model that reads the context is the teacher; the same model with the learned \
      prompt in the context's place is the student. OUTPUT gets a PEFT adapter, the prompt alone, a \
      report, a line for every step, and checkpoints.

      \(ComparisonTable.noContext)

      \(ModelOptions.corpus)

      \(ModelOptions.hub)
      """)

  @OptionGroup(title: "Files") var files: DistillFiles
  @OptionGroup(title: "Study, without --inputs") var study: DistillStudy
  @OptionGroup(title: "What is learned") var objective: ObjectiveOptions
  @OptionGroup(title: "Training") var plan: ScheduleOptions
  @OptionGroup(title: "Everywhere") var common: CommonOptions

  func run() throws {
    let logger = common.logger
    let interruption = Interruption()
    let progress = ProgressReport(logger: logger, isQuiet: common.quiet)
    defer { progress.finish() }
    var request = try request(logger)
    let recorded =
      files.resume
      ? DistillationRun.recordedThreads(in: request.output)
        ?? StudiedRun.recordedThreads(in: request.output) : nil
    let device = try common.openDevice(recordedThreads: recorded)
    logger.debug("device \(device.name): \(device.title)")
    var model: LoadedModel?
    if let options = try studyOptions() {
      (request, model) = try studied(request, options, device, logger, progress)
    }
    let run = try DistillationRun(request, device: device)
    if !run.unusedKeys.isEmpty {
      logger.warning("keys that mean nothing here: \(run.unusedKeys.joined(separator: ", "))")
    }
    for notice in run.notices { logger.show(notice) }
    let outcome = try run.perform(
      model: model, isInterrupted: { interruption.stopSignal != nil }
    ) { event in
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

  /// Studies the context, and says what run follows.
  private func studied(
    _ request: RunRequest, _ options: StudyOptions, _ device: Device, _ logger: Logger,
    _ progress: ProgressReport
  ) throws -> (request: RunRequest, model: LoadedModel?) {
    let seeds = try study.questions.seeds.map { try URL(path: $0, option: "seeds") }
    let studied = try StudiedRun(request, seeds: seeds, options: options, device: device)
    if !studied.study.isComplete {
      for notice in studied.study.notices { logger.show(notice) }
      logger.info(
        """
        no --inputs: the model writes \(Counted(options.count, "conversation")) about the context first, into \
        \(studied.study.output.path)
        """)
    }
    let next = try studied.perform(handle: progress.show)
    let summary = StudySummary(result: studied.study.result, output: next.request.inputs.path)
    for text in [summary.conversations, summary.times, summary.drops].compactMap(\.self) {
      logger.info("\(text)")
    }
    return next
  }
}
