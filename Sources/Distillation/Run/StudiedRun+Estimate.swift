internal import Compute
internal import Inference
internal import Transformer

/// The time that a run without inputs takes, before it begins and after its study.
extension StudiedRun {
  /// Measures the speeds of this machine by a short trial, and says what they mean for the run.
  ///
  /// - Returns: the speeds; nil where no trial is possible.
  func announce(
    _ student: Decoder, _ teacher: PrefixedDecoder, prefillSeconds: Double,
    _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> RunSpeeds? {
    let trial = RunTrial(
      decoder: student, teacher: teacher, conditioning: study.conditioning,
      options: request.options, prompts: try trialPrompts(),
      stopIdentifiers: study.answerStops)
    let speeds = try distilling { () throws(TransformerError) in
      try trial.speeds(prefillSeconds: prefillSeconds)
    }
    study.device.releaseKeptMemory()
    if let speeds {
      handle(.estimated(speeds.estimate(try workBeforeStudy(answerTokens: speeds.answerTokens))))
    }
    return speeds
  }

  /// Prompts that begin as a study's and go on with words of the context.
  private func trialPrompts() throws(DistillationError) -> [[Int]] {
    let conditioning = study.conditioning
    let (seeds, words) = (StudySeeds.builtIn(.complete).seeds, try contextWords())
    var prompts: [[Int]] = []
    for index in 0..<Self.trialAnswers {
      let first = index * words.count / Self.trialAnswers
      let named = words[first...].prefix(3).joined(separator: " ").prefix(40)
      let question = "\(seeds[index % seeds.count].text) \(named)?"
      prompts.append(
        try conditioning.prompt(
          conditioning.isChat ? question : RawConversation.prompt([question])
        ).identifiers)
    }
    return prompts
  }

  /// Answers of the trial, which are written together.
  private static let trialAnswers = 48

  private func contextWords() throws(DistillationError) -> [Substring] {
    let text = try study.conditioning.text(of: study.conditioning.context) ?? ""
    return text.split { !$0.isLetter && !$0.isNumber }
  }

  /// Steps of the training, its evaluations, and answers of the student in it.
  private func training(
    examples: Int
  ) -> (steps: Double, evaluations: Double, rollouts: Double) {
    let options = request.options
    // Numbers of the user, whose sums and products need not be an `Int`.
    let batch = Double(max(options.batchSize, 1))
    let epoch = (Double(examples) / batch).rounded(.up)
    let steps = options.epochs.map { Double($0) * epoch } ?? Double(options.steps)
    // The start is evaluated, and the last step.
    let evaluations = 1 + (steps / Double(max(options.evaluateEvery, 1))).rounded(.up)
    let interval = Double(max(options.refreshEvery ?? RolloutPlan.standardInterval, 1))
    let prompts = min(Double(examples), interval * batch)
    let refreshes = (steps / interval).rounded(.up)
    return (steps, evaluations, Double(options.rollouts) * prompts * refreshes)
  }

  private func work(
    conversations: Double, heldOut: Double, answerTokens: Double
  ) throws(DistillationError) -> RunWork {
    let (options, conditioning) = (request.options, study.conditioning)
    let empty = try conditioning.prompt(conditioning.isChat ? "" : RawConversation.prompt([""]))
    let templateTokens = Double(empty.identifiers.count)
    let training = training(examples: Int((conversations - heldOut).rounded()))
    return RunWork(
      questions: 0, questionTokens: RunWork.usualQuestion, chunkTokens: 0, answers: 0,
      training: conversations - heldOut, heldOut: heldOut,
      promptTokens: RunWork.usualQuestion + templateTokens, answerTokens: answerTokens,
      contextTokens: Double(study.conditioning.context.count), steps: training.steps,
      batch: Double(options.batchSize), evaluations: training.evaluations,
      unrelated: heldOut > 0 ? Double(UnrelatedPrompts.builtIn.count) : 0,
      rollouts: training.rollouts)
  }

  /// What a study of these options usually comes to, but for what is written already.
  private func workBeforeStudy(answerTokens: Double) throws(DistillationError) -> RunWork {
    let options = study.options
    let lines = Double(options.count * options.rounds)
    let left = max(0, lines - Double(study.result.lines))
    let heldOut =
      study.chunks.contains { $0.has(.heldOut) } ? (options.heldOut * lines).rounded() : 0
    var work = try work(
      conversations: lines, heldOut: heldOut, answerTokens: answerTokens)
    work.questions = left / RunWork.keptShare
    work.answers = left
    work.chunkTokens =
      work.questions / Double(study.questionsOfChunk(0)) * study.chunks[0].usualLength
    return work
  }

  /// What is left after a study, by what it wrote.
  func workAfterStudy(_ result: StudyResult) throws(DistillationError) -> RunWork {
    let data = try Dataset.read(request.inputs, reader: study.conditioning.reader)
    let (lines, count) = (data.examples, Double(data.examples.count))
    let heldOut = count * Double(result.heldOut) / Double(max(result.conversations, 1))
    let answers = lines.reduce(0) { $0 + ($1.response?.count ?? 0) }
    var work = try work(
      conversations: count, heldOut: heldOut, answerTokens: Double(answers) / max(count, 1))
    work.promptTokens = Double(lines.reduce(0) { $0 + $1.prompt.count }) / max(count, 1)
    return work
  }
}
