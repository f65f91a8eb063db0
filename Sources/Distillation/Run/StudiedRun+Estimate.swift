internal import Compute
internal import Inference
internal import Transformer

/// The time that a run without inputs takes, before it begins and after its study.
extension StudiedRun {
  /// Measures the speeds of this machine by a short trial, and says what they mean for the run.
  ///
  /// - Returns: the speeds; nil where no trial is possible.
  func announce(
    _ teacher: PrefixedDecoder, prefillSeconds: Double, _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> RunSpeeds? {
    let trial = RunTrial(
      decoder: teacher.decoder, teacher: teacher, conditioning: study.conditioning,
      options: request.options)
    let speeds = try distilling { () throws(TransformerError) in
      try trial.speeds(prefillSeconds: prefillSeconds)
    }
    study.device.releaseKeptMemory()
    if let speeds { handle(.estimated(speeds.estimate(workBeforeStudy))) }
    return speeds
  }

  /// Evaluations of the training, and its steps.
  private func training(examples: Int) -> (steps: Double, evaluations: Double) {
    let options = request.options
    let epoch = (examples + options.batchSize - 1) / max(options.batchSize, 1)
    let steps = options.epochs.map { $0 * epoch } ?? options.steps
    return (Double(steps), Double(steps / max(options.evaluateEvery, 1)))
  }

  private func work(conversations: Double, heldOut: Double, answerTokens: Double) -> RunWork {
    let training = training(examples: Int(conversations))
    return RunWork(
      questions: 0, questionTokens: RunWork.usualQuestion, chunkTokens: 0, answers: 0,
      training: conversations - heldOut, heldOut: heldOut,
      promptTokens: RunWork.usualQuestion, answerTokens: answerTokens,
      contextTokens: Double(study.conditioning.context.count), steps: training.steps,
      evaluations: training.evaluations,
      unrelated: heldOut > 0 ? Double(UnrelatedPrompts.builtIn.count) : 0)
  }

  /// What a study of these options usually comes to, but for what is written already.
  private var workBeforeStudy: RunWork {
    let options = study.options
    let lines = Double(options.count * options.rounds)
    let left = max(0, lines - Double(study.result.lines))
    let heldOut =
      study.chunks.contains { $0.has(.heldOut) } ? (options.heldOut * lines).rounded() : 0
    var work = work(
      conversations: lines, heldOut: heldOut,
      answerTokens: RunWork.answerShare * Double(options.responseTokens))
    work.questions = left / RunWork.keptShare
    work.answers = left
    let tokens = study.conditioning.context.count
    let most = min(options.chunkMaximum, tokens)
    let chunk = Double(min(options.chunkMinimum, most) + most) / 2
    work.chunkTokens = work.questions / Double(Study.questionsOfChunk) * chunk
    return work
  }

  /// What is left after a study, by what it wrote.
  func workAfterStudy(_ result: StudyResult) throws(DistillationError) -> RunWork {
    let data = try Dataset.read(request.inputs, reader: study.conditioning.reader)
    let (lines, count) = (data.examples, Double(data.examples.count))
    let heldOut = count * Double(result.heldOut) / Double(max(result.conversations, 1))
    let answers = lines.reduce(0) { $0 + ($1.response?.count ?? 0) }
    var work = work(
      conversations: count, heldOut: heldOut, answerTokens: Double(answers) / max(count, 1))
    work.promptTokens = Double(lines.reduce(0) { $0 + $1.prompt.count }) / max(count, 1)
    return work
  }
}
