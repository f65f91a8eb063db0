package import Compute
import Foundation
import HuggingFace
internal import Inference
package import Ranks
internal import Transformer

/// A distillation from files to files:
///
///     texts -> weights -> teacher -> training -> judgement -> adapter
///
/// The initialiser reads and checks everything except the weights;
/// ``perform(model:isInterrupted:handle:)`` runs it. Nothing is printed: events are reported as
/// ``RunEvent``s. Of several ranks each makes the same calls; they share out the examples, all have
/// the result, and the first one writes.
package final class DistillationRun {
  let request: RunRequest
  let device: Device
  let ranks: Ranks
  let texts: RunTexts
  let run: RunFolder
  /// The checkpoint of a resumed run.
  let checkpoint: TrainingCheckpoint?
  /// The teacher's answers of a resumed run.
  let recordedAnswers: TeacherAnswers?
  /// Which training prompts the student answers; nil for none.
  let rolloutPlan: RolloutPlan?
  /// Its answers of a resumed run.
  let recordedRollouts: (refreshes: [RolloutRefresh], totals: RolloutTotals)
  /// The options that differ from those of the checkpoint.
  let changes: [OptionChange]
  /// A notice on the adapter that the training starts from.
  let startNotice: InputNotice?
  let order: BatchOrder
  let totalSteps: Int

  /// The training options: the user's, with those that a resumed run keeps.
  package var options: TrainingOptions { request.options }
  /// Keys of the data that are not used.
  package var unusedKeys: [String] { texts.unusedKeys }

  /// Reads the user's files and inspects the output folder; writes nothing.
  ///
  /// - Throws: at the first error.
  package init(
    _ request: RunRequest, device: Device, sharedBy ranks: Ranks = .one
  ) throws(DistillationError) {
    try request.checkInputs()
    self.device = device
    self.ranks = ranks
    run = try RunFolder(request.output, mode: request.mode, isWriting: ranks.isFirst)
    var (request, checkpoint, path) = (request, TrainingCheckpoint?.none, "")
    if request.mode == .resume, let newest = run.newestCheckpoint() {
      var found = try TrainingCheckpoint(folder: newest.url)
      // Other ranks may not have the lines.
      if found.state.peakRates == nil, ranks.count == 1 {
        found.state.peakRates = PeakRates(try run.stepRecords(), found.state.options)
      }
      // No step had them.
      if found.state.options.hasNoSteps { found.state.peakRates = nil }
      (checkpoint, path) = (found, newest.url.path)
      let named = request.options
      request.options = try named.resuming(
        found.state.options, keeping: request.kept, startDigest: found.state.startDigest,
        checkpoint: path)
      if run.isWriting { try named.checkStart(against: found.state, checkpoint: path) }
      request.keepReports(of: found.state, in: run)
      try run.checkHistory(of: found.state)
    }
    let hasSteps = !(checkpoint?.state.options.hasNoSteps ?? true)
    if !hasSteps, request.options.rollouts > 0, request.options.refreshEvery == nil {
      request.options.refreshEvery = RolloutPlan.standardInterval
    }
    if request.writesEvents { try run.checkEvents() }
    try ActivationRounding.check(request.options, request.folder, device)
    texts = try RunTexts(request, resuming: checkpoint?.state)
    if request.options.chosenInitialization == nil {
      request.options.initialization = .standard(
        for: request.options.method,
        parts: texts.context.isEmpty ? 0 : texts.spans.startingParts.count)
    }
    if checkpoint == nil && !request.awaitsStart {
      let start = try request.options.checkStart(for: texts.configuration)
      startNotice = try start?.notice(for: request.folder, named: request.modelName)
    } else {
      startNotice = nil
    }
    let options = request.options
    order = texts.order(options)
    totalSteps = try options.totalSteps(order)
    if !hasSteps {
      try options.checkWarmup(totalSteps: totalSteps)
    }
    if let state = checkpoint?.state {
      do throws(DistillationError) {
        try texts.fingerprints.check(against: state.fingerprints, checkpoint: path)
      } catch { throw request.namingStudyLine(error) }
      try options.checkLength(
        against: state.options, order: order, step: state.step, checkpoint: path)
    }
    recordedAnswers =
      checkpoint == nil
      ? nil
      : try run.recordedAnswers(
        to: texts.training + texts.validation,
        vocabularySize: texts.configuration.vocabularySize)
    rolloutPlan = texts.rolloutPlan(options)
    recordedRollouts =
      if let rolloutPlan, let state = checkpoint?.state {
        try run.recordedRollouts(
          rolloutPlan, of: texts.training, limits: texts.rolloutLimits(options),
          through: state.step, digest: state.rolloutsDigest,
          vocabularySize: texts.configuration.vocabularySize)
      } else {
        ([], RolloutTotals())
      }
    changes = checkpoint.map { options.changes(from: $0.state.options, at: $0.state.step) } ?? []
    if let step = checkpoint?.state.step, step >= totalSteps,
      let change = changes.first(where: { [.patience, .evaluateEvery].contains($0.after.name) })
    {
      throw .nothingLeft(checkpoint: path, steps: step, setting: change.after)
    }
    (self.request, self.checkpoint) = (request, checkpoint)
  }

  /// Loads the model, prepares the teacher, trains, judges and writes the results.
  ///
  /// - Parameters:
  ///   - model: the model, where it is loaded already, with the precision of the options.
  ///   - isInterrupted: called after every step; true ends the training with a checkpoint.
  ///   - handle: called with the events.
  /// - Throws: ``DistillationError/lossNotFinite(step:saved:)``;
  ///   ``DistillationError/otherRank(rank:host:what:)`` where ranks have read other inputs;
  ///   ``DistillationError/transformer(_:)`` with allocation and driver errors;
  ///   ``DistillationError/file(_:)`` when results cannot be written.
  package func perform(
    model: LoadedModel? = nil, isInterrupted: () -> Bool, handle: (RunEvent) -> Void
  ) throws(DistillationError) -> RunOutcome {
    try perform(
      sharing: SharedTeacher(model), isAlone: true,
      isInterrupted: isInterrupted, handle: handle)
  }

  /// As the other, with a teacher that other runs may have prepared.
  func perform(
    sharing shared: SharedTeacher, isAlone: Bool = false, isInterrupted: () -> Bool,
    handle: (RunEvent) -> Void
  ) throws(DistillationError) -> RunOutcome {
    let options = request.options
    try texts.fingerprints.checkSame(on: ranks, options)
    handle(
      .placed(texts.conditioning.contextPosition, missingTokens: texts.conditioning.missingTokens))
    let decoder = try shared.decoder { () throws(DistillationError) in try loadDecoder(handle) }
    decoder.limitVocabulary(to: texts.configuration.vocabularySize)
    let rounding = try shared.rounding(options, request.folder, texts.sample)
    let teacherBegin = ContinuousClock.now
    let (prepared, begin) = try prepare(decoder, shared, isAlone: isAlone, handle)
    let start = begin.state
    let teacherSeconds = (ContinuousClock.now - teacherBegin).inSeconds

    let schedule = LearningRateSchedule(
      options.schedule, peak: begin.rates.peak, warmupSteps: options.warmup, totalSteps: totalSteps)
    let loop = try trainingLoop(decoder, prepared, schedule, begin, handle)
    try run.begin()
    try run.write(prepared.answers.recordsInFileOrder)
    run.tellKept(handle)
    handle(.started(beginning(prepared, begin, rounding)))
    let allChanges = (checkpoint?.state.changes ?? []) + changes
    let recorder = try TrainingRecorder(
      run, request: request, texts: texts, changes: allChanges, totalSteps: totalSteps,
      earlierSeconds: checkpoint?.state.trainSeconds ?? 0, device: device, ranks: ranks.count,
      peakRates: begin.rates, startDigest: try startDigest(),
      tokens: StepTokens(texts, options, training: prepared.training, order: order),
      teacherCache: prepared.cacheKind,
      rollouts: recordedRollouts.totals, startStep: start.step)
    let outcome = try train(loop, recorder, isInterrupted, handle)
    let state = try distilling { () throws(TransformerError) in try loop.currentState() }
    let delivery = RunDelivery(
      request: request, texts: texts, run: run, decoder: decoder, prepared: prepared,
      rounding: rounding, rates: begin.rates, changes: allChanges, ranks: ranks)
    if case .lossNotFinite(let step) = outcome {
      let prompts = (state.best == nil ? [] : [state.bestPrompt]) + [state.prompt, start.prompt]
      try delivery.save(prompts.first { $0.values.allSatisfy(\.isFinite) } ?? start.prompt)
      try run.recordLogs(isGrowing: false)
      run.tellKept(handle)
      ranks.wait()
      throw .lossNotFinite(step: step, saved: run.url.path)
    }
    let saved = try recorder.save(state)
    try run.recordLogs(isGrowing: false)
    run.tellKept(handle)
    handle(.checkpoint(saved))
    if outcome == .interrupted { return .interrupted(checkpoint: saved) }
    try delivery.save(state.bestPrompt)
    handle(.progress(.judging, done: 0, total: texts.validation.count))
    let timing = try timing(recorder, teacherSeconds: teacherSeconds)
    let result = try delivery.deliver(
      state, timing: timing,
      rollouts: rolloutPlan == nil ? nil : RunMetrics.Rollouts(recorder.rollouts), handle: handle)
    run.tellKept(handle)
    return .finished(result, isPatienceExhausted: outcome == .outOfPatience)
  }

  private func loadDecoder(_ handle: (RunEvent) -> Void) throws(DistillationError) -> Decoder {
    handle(.progress(.loading, done: 0, total: texts.configuration.layerCount))
    return try distilling { () throws(TransformerError) in
      try Decoder.load(
        request.folder, on: device, precision: request.options.precision, handle: handle)
    }
  }
}
