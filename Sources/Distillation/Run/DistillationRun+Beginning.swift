internal import Inference

extension DistillationRun {
  /// The state at the start of the training.
  func beginning(
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
      teacher: texts.teacher?.record, teacherCache: "\(prepared.cacheKind)",
      teacherCacheBytes: prepared.scores.cache.rows.byteCount,
      rollouts: prepared.teacher == nil
        ? nil
        : rolloutPlan.map {
          .init(
            prompts: $0.mostPrompts, interval: $0.interval,
            capacity: prepared.scores.cache.rolloutSpace.rows)
        },
      peakLearningRate: start.rates.peak, keyLearningRate: start.rates.keys,
      startStep: start.state.step, changes: changes, totalSteps: totalSteps,
      rounding: rounding, windowReach: windowReach(start.state.prompt))
  }

  /// How far windows reach back to keys and values, or to prompts that stand together.
  private func windowReach(_ prompt: LearnedPrompt) -> WindowReach? {
    guard request.options.method == .keysValues || texts.neighbors.rows > 0 else { return nil }
    let prefix = texts.prefix(.prompt(prompt))
    let longest = texts.longest(request.options)
    return WindowReach(
      prompt: prefix.learnedRange, textRows: prefix.rows + longest - 1,
      windows: texts.configuration.windows)
  }
}
