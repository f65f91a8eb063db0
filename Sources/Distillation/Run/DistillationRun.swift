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
/// ``RunEvent``s. Of several ranks each makes the same calls; they share out the examples, all have the
/// result, and the first one writes.
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
  /// The options that differ from those of the checkpoint.
  private let changes: [OptionChange]
  private let order: BatchOrder
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
    self.device = device
    self.ranks = ranks
    run = try RunFolder(request.output, mode: request.mode, isWriting: ranks.isFirst)
    var (request, checkpoint, path) = (request, TrainingCheckpoint?.none, "")
    if request.mode == .resume, let newest = run.newestCheckpoint() {
      let found = try TrainingCheckpoint(folder: newest.url)
      (checkpoint, path) = (found, newest.url.path)
      request.options = try request.options.resuming(
        found.state.options, keeping: request.kept, checkpoint: path)
    }
    try ActivationRounding.check(request.options, request.folder, device)
    texts = try RunTexts(request, resuming: checkpoint?.state)
    if request.options.chosenInitialization == nil {
      request.options.initialization = .standard(
        for: request.options.method,
        parts: texts.context.isEmpty ? 0 : texts.spans.startingParts.count)
    }
    let options = request.options
    order = texts.order(options)
    totalSteps = try options.totalSteps(order)
    if let state = checkpoint?.state {
      try texts.fingerprints.check(against: state.fingerprints, checkpoint: path)
      try options.checkLength(
        against: state.options, order: order, step: state.step, checkpoint: path)
    }
    recordedAnswers =
      checkpoint == nil
      ? nil
      : try run.recordedAnswers(
        to: texts.training + texts.validation,
        vocabularySize: texts.configuration.vocabularySize)
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
  package func perform(
    model: LoadedModel? = nil, isInterrupted: () -> Bool, handle: (RunEvent) -> Void
  ) throws(DistillationError) -> RunOutcome {
    try perform(
      sharing: SharedTeacher(decoder: model?.decoder, answers: nil), isAlone: true,
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
    let rounding = try shared.rounding(options, request.folder, texts.sample)
    let teacherBegin = ContinuousClock.now
    let (prepared, begin) = try prepare(decoder, shared, isAlone: isAlone, handle)
    let start = begin.state
    let teacherSeconds = (ContinuousClock.now - teacherBegin).inSeconds

    let schedule = LearningRateSchedule(
      options.schedule, peak: begin.rates.peak, warmupSteps: options.warmup, totalSteps: totalSteps)
    let loop = try trainingLoop(decoder, prepared, schedule, begin)
    try run.begin()
    try run.write(prepared.answers.recordsInFileOrder)
    handle(.started(beginning(prepared, begin, rounding)))
    let allChanges = (checkpoint?.state.changes ?? []) + changes
    let recorder = try TrainingRecorder(
      run, request: request, texts: texts, changes: allChanges, totalSteps: totalSteps,
      earlierSeconds: checkpoint?.state.trainSeconds ?? 0, device: device, ranks: ranks.count,
      peakRates: begin.rates, tokens: stepTokens(prepared), startStep: start.step)
    let outcome = try train(loop, recorder, isInterrupted, handle)
    let state = try distilling { () throws(TransformerError) in try loop.currentState() }
    let delivery = RunDelivery(
      request: request, texts: texts, run: run, decoder: decoder, prepared: prepared,
      rounding: rounding, changes: allChanges, ranks: ranks)
    if case .lossNotFinite(let step) = outcome {
      let prompts = (state.best == nil ? [] : [state.bestPrompt]) + [state.prompt, start.prompt]
      try delivery.save(prompts.first { $0.values.allSatisfy(\.isFinite) } ?? start.prompt)
      ranks.wait()
      throw .lossNotFinite(step: step, saved: run.url.path)
    }
    let saved = try recorder.save(state)
    handle(.checkpoint(saved))
    if outcome == .interrupted { return .interrupted(checkpoint: saved) }
    try delivery.save(state.bestPrompt)
    handle(.progress(.judging, done: 0, total: texts.validation.count))
    let timing = try timing(recorder, teacherSeconds: teacherSeconds)
    let result = try delivery.deliver(state, timing: timing, handle: handle)
    return .finished(result, isPatienceExhausted: outcome == .outOfPatience)
  }

  private func loadDecoder(_ handle: (RunEvent) -> Void) throws(DistillationError) -> Decoder {
    handle(.progress(.loading, done: 0, total: texts.configuration.layerCount))
    return try distilling { () throws(TransformerError) in
      try Decoder.load(
        request.folder, on: device, precision: request.options.precision, handle: handle)
    }
  }

  /// Returns the number of tokens that a step computes: the prefix once, or what of it follows keys
  /// and values or other prompts, and the examples of its batch.
  private func stepTokens(_ prepared: Preparation) -> (Int) -> Int {
    let (frame, tokens) = (texts.conditioning.frame, request.options.tokens)
    let header = texts.neighbors.rows > 0 ? 0 : frame.header.count
    let prefix =
      switch request.options.method {
      case .embeddings: header + tokens + frame.closing.count
      case .keysValues: frame.closing.count
      }
    let counts = prepared.training.map(\.inputs.count)
    return { [order] step in order.batch(step).reduce(prefix) { $0 + counts[$1] } }
  }

  private func trainingLoop(
    _ decoder: Decoder, _ prepared: Preparation, _ schedule: LearningRateSchedule,
    _ start: RunStart
  ) throws(DistillationError) -> TrainingLoop {
    let (options, texts, order) = (request.options, texts, order)
    return try distilling { () throws(TransformerError) in
      let distiller = try Distiller(
        decoder, teacher: prepared.scores.cache, prompt: start.state.prompt,
        in: texts.conditioning.frame, beside: texts.neighbors.prompts, batchSize: order.batchSize,
        objective: options.objective, optimizer: options.optimizerSettings,
        clipNorm: options.clipNorm, precision: options.activations == .bf16 ? .bf16 : .f32,
        rateFactors: start.rates.factors, evaluated: prepared.scores.judge?.cache.examples ?? [])
      return try TrainingLoop(
        distiller, judge: prepared.scores.judge, order: order, schedule: schedule,
        evaluateEvery: options.evaluateEvery, patience: options.patience,
        reportEvery: request.checkpointEvery, state: start.state)
    }
  }

  private func beginning(
    _ prepared: Preparation, _ start: RunStart, _ rounding: RunRounding
  ) -> RunEvent.Start {
    let rows = TeacherCache.rowCount(prepared.training)
    return RunEvent.Start(
      contextTokens: texts.context.count, pseudoTokens: request.options.tokens,
      otherTokens: texts.neighbors.rows, trainingExamples: texts.training.count,
      validationExamples: texts.validation.count,
      responseTokens: rows, teacherAnswers: prepared.answers.records.count,
      cutAnswers: prepared.answers.cutCount, answerLimit: request.options.responseTokens,
      hasEndToken: !texts.conditioning.stopIdentifiers.isEmpty,
      teacherCache: "\(prepared.cacheKind)",
      teacherCacheBytes: prepared.scores.cache.rows.byteCount,
      peakLearningRate: start.rates.peak, keyLearningRate: start.rates.keys,
      startStep: start.state.step, changes: changes, totalSteps: totalSteps,
      rounding: rounding, windowReach: windowReach(start.state.prompt))
  }

  /// How far windows reach back to keys and values, or to prompts that stand together.
  private func windowReach(_ prompt: LearnedPrompt) -> WindowReach? {
    guard request.options.method == .keysValues || texts.neighbors.rows > 0 else { return nil }
    let prefix = texts.prefix(.prompt(prompt))
    let longest = texts.longest(responseTokens: request.options.responseTokens)
    return WindowReach(
      prompt: prefix.learnedRange, textRows: prefix.rows + longest - 1,
      windows: texts.configuration.windows)
  }

  /// Trains and records the steps.
  private func train(
    _ loop: TrainingLoop, _ recorder: TrainingRecorder, _ isInterrupted: () -> Bool,
    _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> TrainingOutcome {
    func saveIfDue(after step: Int, isEvaluated: Bool) throws(DistillationError) {
      guard recorder.isDue(after: step, isEvaluated: isEvaluated) else { return }
      let state = try distilling { () throws(TransformerError) in try loop.currentState() }
      handle(.checkpoint(try recorder.save(state)))
    }
    let result = try loop.run(isInterrupted: isInterrupted) {
      (event) throws(DistillationError) in
      switch event {
      case .steps(let reports, let seconds):
        let rate = try recorder.record(reports, seconds: seconds)
        handle(.steps(reports, seconds: seconds, tokensPerSecond: rate))
        let isFinite = reports.allSatisfy { $0.loss.isFinite && $0.gradientNorm.isFinite }
        if let last = reports.last, isFinite {
          try saveIfDue(after: last.step, isEvaluated: false)
        }
      case .evaluated(let step, let found, let isBest):
        try recorder.record(
          EvaluationRecord(
            step: step, kl: found.kl, top1Agreement: found.agreement, isBest: isBest))
        handle(.evaluated(step: step, found, isBest: isBest))
        try saveIfDue(after: step, isEvaluated: true)
      }
    }
    return try distilling { () throws(TransformerError) in try result.get() }
  }

  private func timing(
    _ recorder: TrainingRecorder, teacherSeconds: Double
  ) throws(DistillationError) -> RunMetrics.Timing {
    let steps = try run.stepRecords()
    let seconds = steps.map(\.seconds).sorted()
    return RunMetrics.Timing(
      teacherSeconds: teacherSeconds, trainSeconds: recorder.trainSeconds,
      stepSecondsMedian: seconds.isEmpty ? 0 : seconds[seconds.count / 2],
      tokensPerSecond: recorder.tokensPerSecond(of: steps))
  }
}
