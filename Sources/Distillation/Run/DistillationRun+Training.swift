internal import Inference
internal import Transformer

extension DistillationRun {
  /// The training from a start. Rollouts of a resumed run are scored again.
  func trainingLoop(
    _ decoder: Decoder, _ prepared: Preparation, _ schedule: LearningRateSchedule,
    _ start: RunStart, _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> TrainingLoop {
    let (options, texts, order) = (request.options, texts, order)
    let rollouts = try rollouts(prepared, start, handle)
    return try distilling { () throws(TransformerError) in
      let distiller = try Distiller(
        decoder, teacher: prepared.scores.cache, prompt: start.state.prompt,
        in: texts.conditioning.frame, beside: texts.neighbors.prompts, batchSize: order.batchSize,
        objective: options.objective, optimizer: options.optimizerSettings,
        clipNorm: options.clipNorm, precision: options.activations == .bf16 ? .bf16 : .f32,
        rateFactors: start.rates.factors, evaluated: prepared.scores.judge?.cache.examples ?? [])
      return try TrainingLoop(
        distiller, judge: prepared.scores.judge, order: order, rollouts: rollouts,
        schedule: schedule, evaluateEvery: options.evaluateEvery, patience: options.patience,
        reportEvery: request.checkpointEvery, state: start.state)
    }
  }

  /// The student's own answers, with those of the steps that are done; nil where it gives none.
  private func rollouts(
    _ prepared: Preparation, _ start: RunStart, _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> Rollouts? {
    guard let rolloutPlan, let teacher = prepared.teacher else { return nil }
    return try distilling { () throws(TransformerError) in
      let rollouts = try Rollouts(
        rolloutPlan, teacher: teacher, cache: prepared.scores.cache,
        prefix: texts.prefix(.prompt(start.state.prompt)),
        stopIdentifiers: texts.conditioning.stopIdentifiers)
      try rollouts.restore(recordedRollouts.refreshes) {
        handle(.progress($0, done: $1, total: $2))
      }
      return rollouts
    }
  }

  /// Trains and records the steps.
  func train(
    _ loop: TrainingLoop, _ recorder: TrainingRecorder, _ isInterrupted: () -> Bool,
    _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> TrainingOutcome {
    func saveIfDue(after step: Int, isEvaluated: Bool) throws(DistillationError) {
      guard recorder.isDue(after: step, isEvaluated: isEvaluated) else { return }
      let state = try distilling { () throws(TransformerError) in try loop.currentState() }
      let saved = try recorder.save(state)
      run.tellKept(handle)
      handle(.checkpoint(saved))
    }
    let result = try loop.run(
      isInterrupted: isInterrupted,
      progress: { handle(.progress($0, done: $1, total: $2)) }
    ) { (event) throws(DistillationError) in
      switch event {
      case .steps(let reports, let seconds):
        let rate = try recorder.record(reports, seconds: seconds)
        handle(.steps(reports, seconds: seconds, tokensPerSecond: rate))
        let isFinite = reports.allSatisfy { $0.loss.isFinite && $0.gradientNorm.isFinite }
        if let last = reports.last, isFinite {
          try saveIfDue(after: last.step, isEvaluated: false)
        }
      case .refreshed(let refresh):
        try recorder.record(refresh)
        handle(.refreshed(refresh))
      case .evaluated(let step, let found, let isBest):
        try recorder.record(
          EvaluationRecord(
            step: step, found, isBest: isBest, hasContext: !texts.context.isEmpty))
        handle(.evaluated(step: step, found, isBest: isBest))
        try saveIfDue(after: step, isEvaluated: true)
      }
    }
    return try distilling { () throws(TransformerError) in try result.get() }
  }

  /// The times of the run.
  func timing(
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
