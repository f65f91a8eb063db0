package import Compute
import Foundation
package import Ranks

/// Runs of several sizes, and perhaps methods, against one teacher: the smallest prompt within a
/// budget is delivered, and all are kept.
///
///     OUTPUT/tokens-4, tokens-8, ...   a run each, as it would be by itself
///     OUTPUT/sweep.json, report.html   what was found
///     OUTPUT/...                       the files of the delivered run
///
/// A run starts from the prompt of the next smaller one of its method, except for keys and values
/// that are matched: their match is nearer. So each is also what `distill` makes with that start.
///
/// Of several ranks each makes the same calls; they share out every run, all have the result, and
/// the first one reads and writes the folder.
package final class Sweep {
  private let request: SweepRequest
  private let ranks: Ranks
  private let folder: RunFolder
  private let plans: [SweepPlan]
  private let runs: [DistillationRun]
  private var record: SweepRecord

  /// The first run, whose inputs all share.
  package var first: DistillationRun { runs[0] }

  /// Reads the user's files and inspects the output folder; writes nothing.
  ///
  /// - Throws: at the first error of any of the runs.
  package init(
    _ request: SweepRequest, device: Device, sharedBy ranks: Ranks = .one
  ) throws(DistillationError) {
    let output = request.run.output
    let isResumed = request.run.mode == .resume
    var request = request
    let recorded = isResumed ? try Self.recorded(in: output) : nil
    if let recorded { try request.resume(recorded, isWriting: ranks.isFirst) }
    try request.run.checkInputs()
    (self.request, self.ranks) = (request, ranks)
    // The folder of a sweep has no checkpoint of its own.
    folder = try RunFolder(
      output, mode: isResumed ? .overwrite : request.run.mode, isWriting: ranks.isFirst)
    var (plans, runs, clock) = (request.plans, [DistillationRun](), String?.none)
    for index in plans.indices {
      if case .smaller = plans[index].origin, runs.last?.options.initialization == .matched {
        plans[index].origin = .matched
      }
      var member = request.member(plans[index])
      member.templateClock = clock
      let run = try DistillationRun(member, device: device, sharedBy: ranks)
      clock = run.texts.conditioning.template.wallClock
      runs.append(run)
    }
    (self.plans, self.runs) = (plans, runs)
    guard !runs[0].texts.validation.isEmpty else { throw request.withoutHeldOut }
    if request.budget != nil && runs[0].texts.context.isEmpty {
      throw .option(
        .klBudget, expected: "a context, from which the KL is measured", found: "none")
    }
    // As in its runs, the place that was named first.
    let initialization = recorded?.initialization ?? request.run.options.chosenInitialization
    // All ranks compare their records, so each has the digest that the first one writes.
    let digest =
      isResumed
      ? recorded?.startDigest
      : try ranks.ofFirst(making: { () throws(DistillationError) -> String? in
        try initialization?.digest()
      })
    record = SweepRecord(
      budget: request.budget, initialization: initialization, startDigest: digest,
      price: request.run.price,
      members: zip(plans, runs).map { plan, run in
        // A run that was begun keeps its start, whatever sizes are added.
        let before =
          run.checkpoint == nil ? nil : recorded?.members.first { $0.folder == plan.folder }
        return .init(
          folder: plan.folder, method: plan.method, tokens: plan.tokens,
          start: before?.start
            ?? plan.start(run.options.initialization, hasContext: !run.texts.context.isEmpty),
          startStep: before?.startStep)
      })
  }

  /// Trains and judges what is not done yet, and delivers.
  ///
  /// - Parameters:
  ///   - model: the model, where it is loaded already.
  ///   - isInterrupted: called after every step; true ends the sweep with a checkpoint.
  ///   - handle: called with the events of all runs.
  /// - Throws: as ``DistillationRun/perform(model:isInterrupted:handle:)``, for the first run that
  ///   fails.
  package func perform(
    model: LoadedModel? = nil, isInterrupted: () -> Bool, handle: (RunEvent) -> Void
  ) throws(DistillationError) -> SweepOutcome {
    try checkSame()
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
      model, answers: runs.lazy.compactMap(\.recordedAnswers).first,
      cacheKind: runs.lazy.compactMap(\.checkpoint?.state.teacherCache).first)
    try write()
    folder.tellKept(handle)
    for (index, run) in runs.enumerated() {
      if run.checkpoint == nil, let step = plans[index].startStep(in: folder.url) {
        record.members[index].startStep = step
        try write()
      }
      let notice = plans[index].startNotice(
        run, begunAt: record.members[index].startStep, in: folder.url)
      if let notice { handle(.warning(notice)) }
      if !ranks.ofFirst(run.isDone) {
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
    try folder.recordLogs(isGrowing: false)
    folder.tellKept(handle)
    return .finished(result)
  }

  /// Notes what a finished run has found.
  private func note(_ index: Int) throws(DistillationError) {
    let file = runs[index].output.appending(path: RunFolder.metrics)
    let metrics = try ranks.ofFirst(making: { () throws(DistillationError) -> RunMetrics in
      try RecordCoding.decode(RunMetrics.self, from: file)
    })
    let kl = metrics.validation?.kl
    record.members[index].kl = kl
    record.members[index].crossEntropy = metrics.heldOutCrossEntropy
    record.members[index].promptBytes = metrics.sizes?.prompt
    record.members[index].isWithinBudget = request.budget.map { (kl ?? .infinity) <= $0 }
    try write()
  }

  /// Checks that all ranks begin the same sweep: another number of runs would leave some of them
  /// waiting.
  private func checkSame() throws(DistillationError) {
    guard ranks.count > 1 else { return }
    let all = ranks.gather(lists: [try RecordCoding.encode(record)])
    guard let other = all.firstIndex(where: { $0 != all[0] }) else { return }
    throw .otherRank(rank: other, host: ranks.hosts[other], what: "the sweep")
  }

  private func write() throws(DistillationError) {
    try folder.write(RecordCoding.encode(record) + [UInt8(ascii: "\n")], to: SweepRecord.name)
  }

  private func deliver() throws(DistillationError) -> SweepResult {
    var reports: [RunReport] = []
    let metrics = try ranks.ofFirst(making: { () throws(DistillationError) -> [RunMetrics] in
      for run in runs { reports.append(try RunReport(contentsOf: run.output)) }
      return reports.map(\.metrics)
    })
    record.delivered = nil
    try folder.removeDelivered()
    if let choice = record.choice {
      try folder.deliver(folder.url.appending(path: choice.folder))
      record.delivered = choice.folder
    }
    try write()
    if ranks.isFirst {
      try ReportPage(reports, price: request.run.price, sweep: record).write(to: folder)
    }
    return SweepResult(output: folder.url, record: record, metrics: metrics)
  }

  /// The record of a sweep that is resumed.
  private static func recorded(in output: URL) throws(DistillationError) -> SweepRecord {
    guard SweepRecord.exists(in: output) else {
      if RunFolder.newestCheckpoint(in: output) != nil { throw .holdsRun(path: output.path) }
      let runs = RunFolder.sweptRuns(in: output)
      if !runs.isEmpty { throw .sweepWithoutRecord(output, runs: runs) }
      throw .content(
        file: output.path, expected: "a sweep to resume, with \(SweepRecord.name)",
        found: AdapterImport.insteadOfRun(output))
    }
    return try SweepRecord.read(in: output)
  }
}
