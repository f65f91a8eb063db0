package import Compute
import Foundation
import HuggingFace
internal import Inference
internal import Transformer

/// A distillation from files to files:
///
///     texts -> weights -> teacher -> training -> judgement -> adapter
///
/// The initialiser reads and checks everything except the weights;
/// ``perform(model:isInterrupted:handle:)`` runs it. Nothing is printed: events are reported as
/// ``RunEvent``s.
package final class DistillationRun {
  private let request: RunRequest
  private let device: Device
  private let texts: RunTexts
  private let run: RunFolder
  private let checkpoint: TrainingCheckpoint?
  /// The teacher's answers of a resumed run.
  private let recordedAnswers: TeacherAnswers?
  /// The options that differ from those of the checkpoint.
  private let changes: [OptionChange]
  private let order: BatchOrder
  private let totalSteps: Int

  /// The training options: the user's, with those that a resumed run keeps.
  package var options: TrainingOptions { request.options }
  /// Keys of the data that are not used.
  package var unusedKeys: [String] { texts.unusedKeys }
  /// Notices on the inputs.
  package var notices: [InputNotice] {
    guard let recorded = checkpoint?.state.threads, let found = device.threads, found != recorded
    else { return texts.notices }
    return texts.notices + [.threads(recorded: recorded, found: found)]
  }

  /// Reads the user's files and inspects the output folder; writes nothing.
  ///
  /// - Throws: at the first error.
  package init(_ request: RunRequest, device: Device) throws(DistillationError) {
    self.device = device
    run = try RunFolder(request.output, mode: request.mode)
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
        for: request.options.method, parts: texts.spans.startingParts.count)
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
    let options = request.options
    handle(
      .placed(texts.conditioning.contextPosition, missingTokens: texts.conditioning.missingTokens))
    let decoder = if let model { model.decoder } else { try loadDecoder(handle) }
    let rounding = RunRounding(
      weights: try WeightRounding(options, decoder, request.folder, texts.context)?.error,
      activations: try ActivationRounding(options, decoder, texts.context)?.error)
    var found: RunStart?
    if options.method == .embeddings {
      found = try RunStart(embeddings: decoder, texts, options, resuming: checkpoint)
    }
    /// The teacher after a part of the context, from which keys and values start.
    func read(_ part: Int, _ teacher: Teacher) throws(DistillationError) -> PrefixedDecoder {
      try distilling { () throws(TransformerError) in
        try teacher.read(part) { handle(.progress(.readingContext, done: $0, total: $1)) }
      }
    }
    let teacherBegin = ContinuousClock.now
    let prepared = try Preparation.prepare(
      decoder, texts: texts, options: options, answers: recordedAnswers,
      isTraining: (checkpoint?.state.step ?? 0) < totalSteps,
      starting: { (teacher) throws(DistillationError) in
        guard options.method == .keysValues, options.initialization != .matched else { return }
        found = try RunStart(
          keysValues: { (part) throws(DistillationError) in try read(part, teacher) }, texts,
          options, folder: request.folder, resuming: checkpoint)
      },
      answered: { (teacher, examples) throws(DistillationError) in
        guard found == nil else { return }
        found = try RunStart(
          matching: try read(0, teacher), to: examples.filter { $0.span == 0 }, texts, options,
          resuming: checkpoint, handle)
      }, handle: handle)
    guard let begin = found else { preconditionFailure("either method has a start") }
    let start = begin.state
    let teacherSeconds = (ContinuousClock.now - teacherBegin).inSeconds

    let schedule = LearningRateSchedule(
      options.schedule, peak: begin.peak, warmupSteps: options.warmup, totalSteps: totalSteps)
    let loop = try trainingLoop(decoder, prepared, schedule, begin)
    try run.begin()
    try run.write(prepared.answers.recordsInFileOrder)
    handle(.started(beginning(prepared, begin, rounding)))
    let allChanges = (checkpoint?.state.changes ?? []) + changes
    let recorder = TrainingRecorder(
      run, request: request, texts: texts, changes: allChanges, totalSteps: totalSteps,
      earlierSeconds: checkpoint?.state.trainSeconds ?? 0, threads: device.threads,
      rateFactors: begin.rateFactors, tokens: stepTokens(prepared))
    let outcome = try train(loop, recorder, isInterrupted, handle)
    let state = try distilling { () throws(TransformerError) in try loop.currentState() }
    let delivery = RunDelivery(
      request: request, texts: texts, run: run, decoder: decoder, prepared: prepared,
      rounding: rounding, changes: allChanges)
    if case .lossNotFinite(let step) = outcome {
      let prompts = (state.best == nil ? [] : [state.bestPrompt]) + [state.prompt, start.prompt]
      try delivery.save(prompts.first { $0.values.allSatisfy(\.isFinite) } ?? start.prompt)
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
        rateFactors: start.rateFactors, evaluated: prepared.scores.judge?.cache.examples ?? [])
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
      peakLearningRate: start.peak, keyLearningRate: start.keyPeak,
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
