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
  var scores: TeacherScores
  let cacheKind: TeacherCacheKind
  /// The teacher, where it scores answers of the student during the training.
  let teacher: Teacher?

  /// Prefills the context, generates missing responses with the teacher, and scores all responses.
  /// The teacher's memory is free afterwards, of another model its weights too, unless it has
  /// answers of the student to score.
  ///
  /// - Parameters:
  ///   - decoder: the model that is trained.
  ///   - loadTeacher: loads the teacher, where it is another model.
  ///   - texts: the context and the examples.
  ///   - options: the training options.
  ///   - recorded: the teacher's answers of a resumed run.
  ///   - cacheKind: the kind of the cache of a resumed run.
  ///   - isTraining: whether a step follows; else training examples are not scored.
  ///   - rollouts: which training prompts the student answers; nil for none.
  ///   - ranks: the ranks that share out the examples.
  ///   - starting: called with the teacher before it reads.
  ///   - answered: called with the teacher and the training examples once all have a response.
  ///   - handle: called with the progress.
  static func prepare(
    _ decoder: Decoder,
    teacher loadTeacher: () throws(DistillationError) -> Decoder? = { nil },
    texts: RunTexts, options: TrainingOptions,
    answers recorded: TeacherAnswers?, cacheKind recordedKind: TeacherCacheKind? = nil,
    isTraining: Bool = true, rollouts: RolloutPlan?,
    sharedBy ranks: Ranks,
    starting: (Teacher) throws(DistillationError) -> Void = { _ in },
    answered: (Teacher, [Example]) throws(DistillationError) -> Void = { _, _ in },
    handle: (RunEvent) -> Void
  ) throws(DistillationError) -> Preparation {
    let prepared = try readAndScore(
      decoder, teacher: loadTeacher, texts: texts, options: options, answers: recorded,
      cacheKind: recordedKind, isTraining: isTraining, rollouts: isTraining ? rollouts : nil,
      sharedBy: ranks,
      starting: starting, answered: answered, handle: handle)
    decoder.device.releaseKeptMemory()
    return prepared
  }

  private static func readAndScore(
    _ decoder: Decoder, teacher loadTeacher: () throws(DistillationError) -> Decoder?,
    texts: RunTexts, options: TrainingOptions,
    answers recorded: TeacherAnswers?, cacheKind recordedKind: TeacherCacheKind?,
    isTraining: Bool, rollouts: RolloutPlan?, sharedBy ranks: Ranks,
    starting: (Teacher) throws(DistillationError) -> Void,
    answered: (Teacher, [Example]) throws(DistillationError) -> Void,
    handle: (RunEvent) -> Void
  ) throws(DistillationError) -> Preparation {
    let conditioning = texts.conditioning
    let examples = texts.training + texts.validation
    let other = try loadTeacher()
    let teacher = try teacher(other ?? decoder, texts, options)
    try distilling { () throws(TransformerError) in
      try teacher.readTogether(ranks) { handle(.progress(.readingContext, done: $0, total: $1)) }
    }
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
    let space = rollouts.map {
      RolloutSpace(
        for: training, limits: texts.rolloutLimits(options), prompts: $0.mostPrompts)
    }
    let rows = TeacherCache.rowCount(training) + (space?.rows ?? 0)
    let availableBytes = ranks.least(decoder.device.availableBytes)
    let kind = options.cacheKind(
      rows: rows, for: decoder, isOtherModel: other != nil, recorded: recordedKind,
      availableBytes: availableBytes)
    let heldOut = Array(complete.dropFirst(texts.training.count))
    if let other {
      // Every rank has a share of the examples, and the whole space for rollouts; ranks on the same
      // memory have a part of it each.
      let isKept = isTraining && kind == .logits
      let shared = keptLogits(
        isKept ? TeacherCache.rowCount(training) : 0,
        judged: TeacherScores.judgedExamples(heldOut, training), of: other, for: decoder)
      let own = (shared + ranks.count - 1) / ranks.count + (isKept ? space?.rows ?? 0 : 0)
      try checkCapacity(own, decoder, availableBytes: availableBytes)
    }
    var measures = TeacherScores.Measures()
    measures.limits = AnswerLimits(
      stopIdentifiers: conditioning.stopIdentifiers, tokens: options.responseTokens)
    measures.isCrossEntropy = options.loss == .crossEntropy
    measures.targetShare = options.mixCrossEntropy
    measures.rolloutSpace = space ?? .empty
    measures.known = texts.validation.map {
      $0.response == nil && options.responseTemperature == 0
    }
    let scores = try distilling { () throws(TransformerError) in
      try TeacherScores.scoring(
        training, heldOut: heldOut, by: teacher,
        for: decoder, isTraining: isTraining, kind: kind, temperature: options.temperature,
        measures: measures, sharedBy: ranks, batchSize: options.batchSize,
        drift: { (teacher) throws(TransformerError) in
          other == nil ? try drift(decoder, texts, teacher, ranks, handle) : nil
        },
        reading: { handle(.progress(.readingContext, done: $0, total: $1)) },
        scored: { handle(.progress(.scoring, done: $0, total: $1)) },
        answered: { handle(.progress(.answering, done: $0, total: $1)) })
    }
    return Preparation(
      answers: answers, answered: answeredTraining, training: training, scores: scores,
      cacheKind: kind, teacher: rollouts == nil ? nil : teacher)
  }

  /// Rows of logits of another model that are kept: of training examples, and of judged ones where
  /// the student's head does not take projected rows.
  static func keptLogits(
    _ trained: Int, judged: [Example], of teacher: Decoder, for student: Decoder
  ) -> Int {
    let isJudged = TeacherCache.judgedKind(of: teacher, for: student) == .logits
    return trained + (isJudged ? TeacherCache.rowCount(judged) : 0)
  }

  /// Checks that there is memory for logits, where nothing smaller serves.
  private static func checkCapacity(
    _ rows: Int, _ decoder: Decoder, availableBytes: Int
  ) throws(DistillationError) {
    let configuration = decoder.configuration
    let needed =
      TeacherRows.byteCount(
        .logits, rows: rows, vocabulary: configuration.vocabularySize,
        width: configuration.hiddenSize)
    guard needed <= availableBytes else {
      throw .option(
        .teacher,
        expected: "\(Decimals.bytes(needed)) of memory for its logits of all response tokens",
        found: Decimals.bytes(availableBytes))
    }
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
          longest: texts.longest(options),
          answers: max(open, texts.validation.count), for: decoder))
    }
  }

  /// The bare model's answers to unrelated prompts; nil where there are none.
  static func drift(
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
  ///
  /// - Parameters:
  ///   - rows: response tokens.
  ///   - student: the model that is trained.
  ///   - isOtherModel: whether the teacher is another one.
  ///   - recorded: the kind with which a resumed run began, whatever memory was free then.
  ///   - availableBytes: memory of the device.
  func cacheKind(
    rows: Int, for student: Decoder, isOtherModel: Bool = false,
    recorded: TeacherCacheKind? = nil, availableBytes: Int
  ) -> TeacherCacheKind {
    switch teacherCache {
    case _ where loss == .crossEntropy: .tokens
    case .logits: .logits
    case .hidden: .hidden
    case .projected: .projected
    case .auto:
      recorded
        ?? TeacherCache.automaticKind(
          objective: objective, rows: rows, vocabulary: student.configuration.vocabularySize,
          hasSoftCap: student.configuration.logitShape.softCap != nil, isOtherModel: isOtherModel,
          availableBytes: availableBytes)
    }
  }
}
