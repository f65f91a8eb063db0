internal import Compute
internal import Inference
internal import Transformer

/// A trial of each part of a run, on pieces of the context: some tokens of answers, some scored
/// rows and training steps of two sizes.
struct RunTrial {
  /// The model that is trained.
  let decoder: Decoder
  /// The model that has read the context.
  let teacher: PrefixedDecoder
  let conditioning: Conditioning
  let options: TrainingOptions
  /// Prompts of the kind that a study writes, and the tokens that end their answers.
  let prompts: [[Int]]
  let stopIdentifiers: Set<Int>

  /// Tokens of a prompt and of a scored response, and the most of an answer.
  private static let (prompt, response, answer) = (24, 40, 16)
  /// Tokens of a short prompt and response, of the smaller step.
  private static let (shortPrompt, shortResponse) = (8, 8)

  /// Measures the speeds; nil where a trial does not fit the model's positions.
  ///
  /// - Parameter prefillSeconds: the time in which the teacher has read the context.
  func speeds(prefillSeconds: Double) throws(TransformerError) -> RunSpeeds? {
    let rows = min(
      teacher.decoder.configuration.maximumPositions - teacher.prefixRows,
      teacher.capacity.runRows)
    let response = min(Self.response, rows - Self.prompt)
    guard response > 0, rows >= Self.shortPrompt + Self.shortResponse else { return nil }
    guard let answers = try answer(teacher, rows: rows) else { return nil }
    let (cache, scoringSeconds) = try scored(teacher, prompt: Self.prompt, response: response)
    let (short, _) = try scored(
      teacher, prompt: Self.shortPrompt, response: Self.shortResponse)
    let large = (rows: Self.rows(cache), seconds: try step(cache))
    let small = (rows: Self.rows(short), seconds: try step(short))
    // A line through both, that neither falls nor begins below zero.
    let slope = (large.seconds - small.seconds) / Double(large.rows - small.rows)
    let row = min(max(slope, 0), large.seconds / Double(large.rows))
    return RunSpeeds(
      prefill: Double(teacher.prefixRows) / max(prefillSeconds, 1e-6),
      teacher: .init(
        generation: Double(answers.tokens) / answers.seconds,
        scoring: Double(large.rows) / scoringSeconds),
      student: try studentSpeeds(rows: rows, response: response),
      step: (fixed: max(large.seconds - row * Double(large.rows), 0), row: row),
      answerTokens: answers.length)
  }

  /// The speeds of a student that is another model, after as many rows as it will learn; nil where
  /// it is the teacher's, or has no place for a trial.
  private func studentSpeeds(
    rows: Int, response: Int
  ) throws(TransformerError) -> RunSpeeds.Answering? {
    guard teacher.decoder !== decoder else { return nil }
    let prefix = Prefix(conditioning.frame, .context(tokens(options.tokens, from: 0)))
    let own = min(rows, decoder.configuration.maximumPositions - prefix.rows)
    guard own >= Self.prompt + response else { return nil }
    let student = try decoder.prefill(
      prefix, capacity: PrefixCapacity(longest: own, answers: prompts.count, for: decoder))
    guard let answers = try answer(student, rows: own, isWhole: false) else { return nil }
    let (cache, seconds) = try scored(student, prompt: Self.prompt, response: response)
    return RunSpeeds.Answering(
      generation: Double(answers.tokens) / answers.seconds,
      scoring: Double(Self.rows(cache)) / seconds)
  }

  private func seconds(since begin: ContinuousClock.Instant) -> Double {
    max((ContinuousClock.now - begin).inSeconds, 1e-6)
  }

  private static func rows(_ cache: TeacherCache) -> Int {
    cache.examples.reduce(0) { $0 + $1.inputs.count }
  }

  /// Pieces of the context, as prompts or responses.
  private func tokens(_ count: Int, from index: Int) -> [Int] {
    let context = conditioning.context
    return (0..<count).map { context[(index * count + $0) % context.count] }
  }

  /// The first tokens of a model's answers, the time that they took, and the mean length of an
  /// answer: of one that ends after each token with the probability with which these did; nil where
  /// no prompt has place in `rows` rows.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - rows: the most tokens of a prompt and its answer.
  ///   - isWhole: whether answers that take no time are written to their end, for their length.
  private func answer(
    _ model: PrefixedDecoder, rows: Int, isWhole: Bool = true
  ) throws(TransformerError) -> (tokens: Int, seconds: Double, length: Double)? {
    let limit = min(Self.answer, options.responseTokens)
    let prompts = prompts.filter { $0.count + limit <= rows }
    guard !prompts.isEmpty else { return nil }
    func write(_ limit: Int) throws(TransformerError) -> (tokens: Int, ended: Int, Double) {
      let begin = ContinuousClock.now
      let answers = try model.generate(
        prompts,
        options: GenerationOptions(maximumTokens: limit, stopIdentifiers: stopIdentifiers))
      return (
        answers.reduce(0) { $0 + $1.count },
        answers.count { $0.last.map(stopIdentifiers.contains) ?? false }, seconds(since: begin)
      )
    }
    let (tokens, ended, taken) = try write(limit)
    var length = Self.length(ended, of: tokens, limit: options.responseTokens)
    // The whole answers of a small model take no time.
    let most = min(options.responseTokens, rows - (prompts.map(\.count).max() ?? 0))
    if isWhole, taken < Self.quick, most > limit {
      length = Double(try write(most).tokens) / Double(prompts.count)
    }
    return (tokens, taken, length)
  }

  /// Seconds of a trial that may be made longer.
  private static let quick = 1.0

  /// The mean length of answers of at most `limit` tokens, of which each token is the last one with
  /// the probability `ended / tokens`.
  static func length(_ ended: Int, of tokens: Int, limit: Int) -> Double {
    guard ended > 0 else { return Double(limit) }
    let probability = Double(ended) / Double(tokens)
    var (length, going) = (0.0, 1.0)
    for _ in 0..<limit {
      length += going
      going *= 1 - probability
    }
    return length
  }

  /// Scores a batch of examples by a model, and gives the time that it took.
  private func scored(
    _ model: PrefixedDecoder, prompt: Int, response: Int
  ) throws(TransformerError) -> (TeacherCache, seconds: Double) {
    let examples = (0..<options.batchSize).map { index in
      Example(prompt: tokens(prompt, from: index), response: tokens(response, from: index + 7))
    }
    let kind = options.cacheKind(
      rows: TeacherCache.rowCount(examples), for: decoder,
      isOtherModel: model.decoder !== decoder, availableBytes: decoder.device.availableBytes)
    let begin = ContinuousClock.now
    let cache = try model.score(
      examples, kind: kind, temperature: options.temperature,
      targetShare: options.mixCrossEntropy, for: decoder)
    try computing { () throws(ComputeError) in try decoder.device.synchronize() }
    return (cache, seconds(since: begin))
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
