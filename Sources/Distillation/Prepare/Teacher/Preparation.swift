internal import Compute
internal import Inference
internal import Ranks
internal import Transformer

/// The state of a run before its first step: the teacher's answers and its scores of all responses.
struct Preparation {
  let answers: TeacherAnswers
  /// The training examples with their responses.
  let answered: [Example]
  /// The same with the tokens that the objective covers.
  let training: [Example]
  let scores: TeacherScores
  let cacheKind: TeacherCacheKind

  /// Prefills the context, generates missing responses with the teacher, and scores all responses.
  /// The teacher's memory is free afterwards.
  ///
  /// - Parameters:
  ///   - decoder: the decoder.
  ///   - texts: the context and the examples.
  ///   - options: the training options.
  ///   - recorded: the teacher's answers of a resumed run.
  ///   - isTraining: whether a step follows; else training examples are not scored.
  ///   - ranks: the ranks that share out the examples.
  ///   - starting: called with the teacher before it reads.
  ///   - answered: called with the teacher and the training examples once all have a response.
  ///   - handle: called with the progress.
  static func prepare(
    _ decoder: Decoder, texts: RunTexts, options: TrainingOptions,
    answers recorded: TeacherAnswers?, isTraining: Bool = true, sharedBy ranks: Ranks,
    starting: (Teacher) throws(DistillationError) -> Void = { _ in },
    answered: (Teacher, [Example]) throws(DistillationError) -> Void = { _, _ in },
    handle: (RunEvent) -> Void
  ) throws(DistillationError) -> Preparation {
    let prepared = try readAndScore(
      decoder, texts: texts, options: options, answers: recorded, isTraining: isTraining,
      sharedBy: ranks,
      starting: starting, answered: answered, handle: handle)
    decoder.device.releaseKeptMemory()
    return prepared
  }

  private static func readAndScore(
    _ decoder: Decoder, texts: RunTexts, options: TrainingOptions,
    answers recorded: TeacherAnswers?, isTraining: Bool, sharedBy ranks: Ranks,
    starting: (Teacher) throws(DistillationError) -> Void,
    answered: (Teacher, [Example]) throws(DistillationError) -> Void,
    handle: (RunEvent) -> Void
  ) throws(DistillationError) -> Preparation {
    let conditioning = texts.conditioning
    let examples = texts.training + texts.validation
    let teacher = try teacher(decoder, texts, options)
    try starting(teacher)
    let answers =
      if let recorded {
        recorded
      } else {
        try teacher.answers(
          to: examples, texts.spans, conditioning, options, sharedBy: ranks, handle)
      }
    let complete = answers.completing(examples, texts.spans)
    let answeredTraining = Array(complete.prefix(texts.training.count))
    try answered(teacher, answeredTraining)
    let training =
      options.lossPart == .all ? answeredTraining.map(\.withLossOnPrompt) : answeredTraining
    let configuration = decoder.configuration
    let kind = options.cacheKind(
      rows: TeacherCache.rowCount(training), vocabulary: configuration.vocabularySize,
      hasSoftCap: configuration.logitShape.softCap != nil,
      availableBytes: ranks.ofFirst(decoder.device.availableBytes))
    var measures = TeacherScores.Measures()
    measures.limits = AnswerLimits(
      stopIdentifiers: conditioning.stopIdentifiers, tokens: options.responseTokens)
    measures.isCrossEntropy = options.loss == .crossEntropy
    measures.targetShare = options.mixCrossEntropy
    measures.known = texts.validation.map {
      $0.response == nil && options.responseTemperature == 0
    }
    let scores = try distilling { () throws(TransformerError) in
      try TeacherScores.scoring(
        training, heldOut: Array(complete.dropFirst(texts.training.count)), by: teacher,
        isTraining: isTraining, kind: kind, temperature: options.temperature, measures: measures,
        sharedBy: ranks, batchSize: options.batchSize,
        drift: { (teacher) throws(TransformerError) in
          try drift(decoder, texts, teacher, ranks, handle)
        },
        reading: { handle(.progress(.readingContext, done: $0, total: $1)) },
        scored: { handle(.progress(.scoring, done: $0, total: $1)) },
        answered: { handle(.progress(.answering, done: $0, total: $1)) })
    }
    return Preparation(
      answers: answers, answered: answeredTraining, training: training, scores: scores,
      cacheKind: kind)
  }

  /// The teacher of a run, before it has read anything.
  static func teacher(
    _ decoder: Decoder, _ texts: RunTexts, _ options: TrainingOptions
  ) throws(DistillationError) -> Teacher {
    let open = (texts.training + texts.validation).count { $0.response == nil }
    return try distilling { () throws(TransformerError) in
      try Teacher(
        decoder, prefixes: texts.spans.prefixes,
        capacity: PrefixCapacity(
          longest: texts.longest(responseTokens: options.responseTokens),
          answers: max(open, texts.validation.count), for: decoder))
    }
  }

  /// The bare model's answers to unrelated prompts; nil where there are none.
  private static func drift(
    _ decoder: Decoder, _ texts: RunTexts, _ teacher: PrefixedDecoder, _ ranks: Ranks,
    _ handle: (RunEvent) -> Void
  ) throws(TransformerError) -> DriftJudge? {
    guard !texts.unrelated.isEmpty else { return nil }
    let bare = try decoder.prefill(texts.prefix(.nothing), capacity: teacher.capacity)
    return try DriftJudge(
      texts.unrelated, bare: bare, teacher: teacher,
      stopIdentifiers: texts.conditioning.stopIdentifiers, sharedBy: ranks
    ) { handle(.progress(.drifting, done: $0, total: texts.unrelated.count)) }
  }
}

extension TrainingOptions {
  /// The kind of cache for this many response tokens.
  func cacheKind(
    rows: Int, vocabulary: Int, hasSoftCap: Bool, availableBytes: Int
  ) -> TeacherCacheKind {
    switch teacherCache {
    case _ where loss == .crossEntropy: .tokens
    case .logits: .logits
    case .hidden: .hidden
    case .projected: .projected
    case .auto:
      TeacherCache.automaticKind(
        objective: objective, rows: rows, vocabulary: vocabulary, hasSoftCap: hasSoftCap,
        availableBytes: availableBytes)
    }
  }
}
