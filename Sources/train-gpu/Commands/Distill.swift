import ArgumentParser
import Compute
import Distillation
import Foundation
import JSON
import Logging

/// `train-gpu distill`: the main command.
struct Distill: SharedOutCommand {
  static let configuration = CommandConfiguration(
    abstract: "Learn a prompt that replaces a long context (the default command).",
    discussion: """
      A model and a context are enough: without --inputs the model writes questions about the context \
      first, as train-gpu study does.

      The frozen model that reads the context is the teacher; the same model with the learned \
      prompt in the context's place is the student. With --teacher another model is the teacher: it is loaded, \
      reads the context, writes and answers what is missing, scores, and is released before the \
      training. Where its vocabulary has another size, ids that one of the two lacks get no probability \
      in either. Keys and values still start from --model's own reading of the context. OUTPUT gets a PEFT adapter, the prompt alone, a \
      report (report.html, for a browser), a line for every step, and checkpoints.

      \(ComparisonTable.noContext)

      \(ModelOptions.corpus)

      \(ModelOptions.hub)
      """)

  @OptionGroup(title: "Files") var files: DistillFiles
  @OptionGroup(title: "Study, without --inputs") var study: DistillStudy
  @OptionGroup(title: "What is learned") var objective: ObjectiveOptions
  @OptionGroup(title: "On-policy answers") var onPolicy: RolloutOptions
  @OptionGroup(title: "Training") var plan: ScheduleOptions
  @OptionGroup(title: "Report") var report: ReportOptions
  @OptionGroup(title: "Results") var form: JSONOption
  @OptionGroup(title: "Everywhere") var common: CommonOptions

  func run() throws {
    let (logger, ranks) = (common.logger, Job.ranks)
    let interruption = Interruption()
    let progress = ProgressReport(logger: logger, isQuiet: common.isQuiet)
    defer { progress.finish() }
    var request = try ranks.agree { try self.request(logger) }
    var sweep = try ranks.agree { [request] in try self.sweep(request) }
    let recorded =
      files.resume
      ? DistillationRun.recordedThreads(in: request.output, ranks: ranks.count)
        ?? Sweep.recordedThreads(in: request.output, ranks: ranks.count)
        ?? StudiedRun.recordedThreads(in: request.output) : nil
    let device = try common.openDevices(recordedThreads: recorded)
    defer {
      if device.usesGraphs { logger.debug("graphs launched: \(device.counts.graphLaunches)") }
    }
    var model: LoadedModel?
    if let options = try studyOptions() {
      (request, model) = try studied(request, sweep, options, device, logger, progress)
      sweep?.run = request
    }
    func handle(_ event: RunEvent) {
      switch event {
      case .started: interruption.deferring(true)
      case .progress(.judging, _, _): interruption.deferring(false)
      default: break
      }
      progress.show(event)
    }
    if let sweep {
      try perform(sweep, device, model, logger, progress, interruption, handle)
      return
    }
    let run = try ranks.agree { [request] in
      try DistillationRun(request, device: device, sharedBy: ranks)
    }
    show(run, logger)
    let outcome = try run.perform(
      model: model, isInterrupted: { interruption.stopSignal != nil }, handle: handle)
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
      guard ranks.isFirst else { return }
      let summary = RunSummary(result: result, modelName: request.modelName)
      try form.write(summary.text) { try summary.object() }
    }
  }

  /// Shows what a user may want to know of the inputs.
  func show(_ run: DistillationRun, _ logger: Logger) {
    if !run.unusedKeys.isEmpty {
      logger.warning("keys that mean nothing here: \(run.unusedKeys.joined(separator: ", "))")
    }
    for notice in run.notices { logger.show(notice) }
  }

  /// Studies the context, and says what run follows.
  private func studied(
    _ request: RunRequest, _ sweep: SweepRequest?, _ options: StudyOptions, _ device: Device,
    _ logger: Logger, _ progress: ProgressReport
  ) throws -> (request: RunRequest, model: LoadedModel?) {
    let seeds = try study.questions.seeds.map { try URL(path: $0, option: "seeds") }
    let ranks = Job.ranks
    let studied = try ranks.agree {
      try StudiedRun(
        request, of: sweep, seeds: seeds, options: options, device: device, sharedBy: ranks)
    }
    if !studied.study.isComplete {
      for notice in studied.study.notices { logger.show(notice) }
      logger.info(
        """
        no --inputs: the \(request.teacher == nil ? "model" : "teacher") writes \(Counted(options.count, "conversation")) about the context first, into \
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
