package import Compute
import Foundation

/// Runs of several sizes, and perhaps methods, against one teacher: the smallest prompt within a budget is
/// delivered, and all are kept.
///
///     OUTPUT/tokens-4, tokens-8, ...   a run each, as it would be by itself
///     OUTPUT/sweep.json, report.html   what was found
///     OUTPUT/...                       the files of the delivered run
///
/// A run starts from the prompt of the next smaller one of its method, except for keys and values that are
/// matched: their match is nearer. So each is also what `distill` makes with that start.
package final class Sweep {
  private let request: SweepRequest
  private let folder: RunFolder
  private let plans: [SweepPlan]
  private let runs: [DistillationRun]
  private var record: SweepRecord

  /// The first run, whose inputs all share.
  package var first: DistillationRun { runs[0] }

  /// Reads the user's files and inspects the output folder; writes nothing.
  ///
  /// - Throws: at the first error of any of the runs.
  package init(_ request: SweepRequest, device: Device) throws(DistillationError) {
    let output = request.run.output
    let isResumed = request.run.mode == .resume
    var request = request
    if isResumed {
      let recorded = try Self.recorded(in: output)
      try request.resume(recorded)
    }
    self.request = request
    // The folder of a sweep has no checkpoint of its own.
    folder = try RunFolder(output, mode: isResumed ? .overwrite : request.run.mode)
    var (plans, runs, clock) = (request.plans, [DistillationRun](), String?.none)
    for index in plans.indices {
      if case .smaller = plans[index].origin, runs.last?.options.initialization == .matched {
        plans[index].origin = .matched
      }
      var member = request.member(plans[index])
      member.templateClock = clock
      let run = try DistillationRun(member, device: device)
      clock = run.texts.conditioning.template.wallClock
      runs.append(run)
    }
    (self.plans, self.runs) = (plans, runs)
    guard !runs[0].texts.validation.isEmpty else {
      throw .option(
        .tokens, expected: "held-out examples, by which several sizes are compared", found: "none")
    }
    if request.budget != nil && runs[0].texts.context.isEmpty {
      throw .option(
        .klBudget, expected: "a context, from which the KL is measured", found: "none")
    }
    record = SweepRecord(
      budget: request.budget, initialization: request.run.options.chosenInitialization,
      price: request.run.price,
      members: zip(plans, runs).map { plan, run in
        .init(
          folder: plan.folder, method: plan.method, tokens: plan.tokens,
          start: plan.start(
            run.options.initialization, hasContext: !run.texts.context.isEmpty))
      })
  }

  /// Trains and judges what is not done yet, and delivers.
  ///
  /// - Parameters:
  ///   - model: the model, where it is loaded already.
  ///   - isInterrupted: called after every step; true ends the sweep with a checkpoint.
  ///   - handle: called with the events of all runs.
  package func perform(
    model: LoadedModel? = nil, isInterrupted: () -> Bool, handle: (RunEvent) -> Void
  ) throws(DistillationError) -> SweepOutcome {
    try folder.beginSweep(
      keeping: plans.map(\.folder), isReplaced: request.run.mode == .overwrite)
    do throws(DistillationError) {
      return try performRuns(model, isInterrupted, handle)
    } catch {
      // Nothing is lost where no run has begun, and the same command can be given again.
      if !runs.contains(where: \.hasFolder) { try? folder.withdrawSweep() }
      throw error
    }
  }

  private func performRuns(
    _ model: LoadedModel?, _ isInterrupted: () -> Bool, _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> SweepOutcome {
    let shared = SharedTeacher(
      decoder: model?.decoder, answers: runs.lazy.compactMap(\.recordedAnswers).first)
    try write()
    folder.tellKept(handle)
    for (index, run) in runs.enumerated() {
      if !run.isDone {
        handle(
          .sweeping(
            SweepProgress(
              index: index, count: runs.count, folder: plans[index].folder,
              start: record.members[index].start)))
        let outcome = try run.perform(
          sharing: shared, isInterrupted: isInterrupted, handle: handle)
        guard case .finished = outcome else { return .interrupted(folder.url) }
      }
      try note(index)
    }
    let result = try deliver()
    folder.tellKept(handle)
    return .finished(result)
  }

  /// Notes what a finished run has found.
  private func note(_ index: Int) throws(DistillationError) {
    let metrics = try RecordCoding.decode(
      RunMetrics.self, from: runs[index].output.appending(path: RunFolder.metrics))
    let kl = metrics.validation?.kl
    record.members[index].kl = kl
    record.members[index].crossEntropy = metrics.heldOutCrossEntropy
    record.members[index].promptBytes = metrics.sizes?.prompt
    record.members[index].isWithinBudget = request.budget.map { (kl ?? .infinity) <= $0 }
    try write()
  }

  private func write() throws(DistillationError) {
    try folder.write(RecordCoding.encode(record) + [UInt8(ascii: "\n")], to: SweepRecord.name)
  }

  private func deliver() throws(DistillationError) -> SweepResult {
    let reports = try runs.map { (run) throws(DistillationError) in
      try RunReport(contentsOf: run.output)
    }
    record.delivered = nil
    try folder.removeDelivered()
    if let choice = record.choice {
      try folder.deliver(folder.url.appending(path: choice.folder))
      record.delivered = choice.folder
    }
    try write()
    try ReportPage(reports, price: request.run.price, sweep: record).write(to: folder)
    return SweepResult(output: folder.url, record: record, metrics: reports.map(\.metrics))
  }

  /// The record of a sweep that is resumed.
  private static func recorded(in output: URL) throws(DistillationError) -> SweepRecord {
    guard SweepRecord.exists(in: output) else {
      throw .content(
        file: output.path, expected: "a sweep to resume, with \(SweepRecord.name)",
        found: AdapterImport.insteadOfRun(output))
    }
    return try SweepRecord.read(in: output)
  }
}
