internal import Compute
internal import Inference
internal import Transformer

/// A trial of each part of a run, on pieces of the context: some tokens of answers, some scored rows
/// and two training steps.
struct RunTrial {
  let decoder: Decoder
  let teacher: PrefixedDecoder
  let conditioning: Conditioning
  let options: TrainingOptions

  /// Tokens of a prompt, of a scored response, and of an answer.
  private static let (prompt, response, answer) = (24, 40, 8)
  /// Answers at a time.
  private static let answers = 48

  /// Measures the speeds; nil where the model's positions leave no place for a trial.
  ///
  /// - Parameter prefillSeconds: the time in which the teacher has read the context.
  func speeds(prefillSeconds: Double) throws(TransformerError) -> RunSpeeds? {
    let rows = min(
      decoder.configuration.maximumPositions - teacher.prefixRows, teacher.capacity.runRows)
    let response = min(Self.response, rows - Self.prompt)
    guard response > 0 else { return nil }
    let (answerSeconds, answered) = try answer(limit: min(Self.answer, response))
    let examples = (0..<options.batchSize).map { index in
      Example(
        prompt: tokens(Self.prompt, from: index), response: tokens(response, from: index + 7))
    }
    let kind = options.cacheKind(
      rows: TeacherCache.rowCount(examples), vocabulary: decoder.configuration.vocabularySize,
      hasSoftCap: decoder.configuration.logitShape.softCap != nil,
      availableBytes: decoder.device.availableBytes)
    let begin = ContinuousClock.now
    let cache = try teacher.score(examples, kind: kind, temperature: options.temperature)
    try computing { () throws(ComputeError) in try decoder.device.synchronize() }
    let scored = examples.reduce(0) { $0 + $1.inputs.count }
    let scoringSeconds = seconds(since: begin)
    return RunSpeeds(
      prefill: Double(teacher.prefixRows) / max(prefillSeconds, 1e-6),
      generation: Double(answered) / answerSeconds, scoring: Double(scored) / scoringSeconds,
      step: try step(cache))
  }

  private func seconds(since begin: ContinuousClock.Instant) -> Double {
    max((ContinuousClock.now - begin).inSeconds, 1e-6)
  }

  /// Pieces of the context, as prompts or responses.
  private func tokens(_ count: Int, from index: Int) -> [Int] {
    let context = conditioning.context
    return (0..<count).map { context[(index * count + $0) % context.count] }
  }

  private func answer(limit: Int) throws(TransformerError) -> (seconds: Double, tokens: Int) {
    let prompts = (0..<Self.answers).map { tokens(Self.prompt, from: $0) }
    let begin = ContinuousClock.now
    let answers = try teacher.generate(
      prompts, options: GenerationOptions(maximumTokens: limit))
    return (seconds(since: begin), answers.reduce(0) { $0 + $1.count })
  }

  /// The second of two training steps; the first one allocates.
  private func step(_ cache: TeacherCache) throws(TransformerError) -> Double {
    let width = decoder.configuration.hiddenSize
    let prompt = LearnedPrompt(
      embeddings: [Float](repeating: 0.01, count: options.tokens * width), width: width)
    let distiller = try Distiller(
      decoder, teacher: cache, prompt: prompt, in: conditioning.frame,
      batchSize: options.batchSize, objective: options.objective,
      optimizer: options.optimizerSettings, clipNorm: options.clipNorm,
      precision: options.activations == .bf16 ? .bf16 : .f32)
    var found = 0.0
    for number in 1...2 {
      let begin = ContinuousClock.now
      try distiller.step(number, examples: Array(cache.examples.indices), learningRate: 0)
      _ = try distiller.takeReports()
      found = seconds(since: begin)
    }
    return found
  }
}
