internal import Compute
internal import Transformer

/// The teacher's part of a run: it reads the context, answers where a response is missing, and scores
/// all responses.
struct TeacherWork {
  let teacher: Teacher
  /// What it answered.
  let answers: TeacherAnswers
  /// What it says of the training examples.
  let cache: TeacherCache
  let cacheKind: TeacherCacheKind
  /// Compares prompts with it; nil where nothing is held out.
  let judge: Judge?

  /// - Parameter recorded: what it answered when the run was begun, where it is resumed.
  init(
    _ decoder: Decoder, texts: RunTexts, options: TrainingOptions,
    answers recorded: TeacherAnswers?, handle: (RunEvent) -> Void
  ) throws(DistillationError) {
    let conditioning = texts.conditioning
    let examples = texts.training + texts.validation
    let open = examples.count { $0.response == nil }
    let room = PrefixRoom(
      longest: texts.longest(responseTokens: options.responseTokens),
      answers: max(open, texts.validation.count), for: decoder)
    let total = conditioning.contextPrefixCount
    handle(.progress(.readingContext, done: 0, total: total))
    teacher = try distilling { () throws(TransformerError) in
      try Teacher(
        decoder, header: conditioning.header, context: conditioning.context,
        closing: conditioning.contextClosing, room: room
      ) { handle(.progress(.readingContext, done: $0, total: total)) }
    }
    answers =
      if let recorded {
        recorded
      } else {
        try TeacherAnswers(to: examples, by: teacher, conditioning, options, handle)
      }
    let answered = answers.completing(examples)
    let (training, validation) = (
      Array(answered.prefix(texts.training.count)), Array(answered.dropFirst(texts.training.count))
    )
    let configuration = decoder.configuration
    let rows = TeacherCache.rowCount(training)
    let heldRows = TeacherCache.rowCount(validation)
    cacheKind = options.cacheKind(
      rows: rows, vocabulary: configuration.vocabularySize,
      hasSoftCap: configuration.logitShape.softCap != nil,
      availableBytes: decoder.device.availableBytes)
    let kind = cacheKind
    let teacher = teacher
    handle(.progress(.scoring, done: 0, total: rows + heldRows))
    cache = try distilling { () throws(TransformerError) in
      try teacher.score(training, kind: kind, temperature: options.temperature) {
        handle(.progress(.scoring, done: $0, total: rows + heldRows))
      }
    }
    judge =
      validation.isEmpty
      ? nil
      : try distilling { () throws(TransformerError) in
        try Judge(teacher, examples: validation) {
          handle(.progress(.scoring, done: rows + $0, total: rows + heldRows))
        }
      }
  }
}

extension TrainingOptions {
  /// What is kept of the teacher for so many response tokens.
  func cacheKind(
    rows: Int, vocabulary: Int, hasSoftCap: Bool, availableBytes: Int
  ) -> TeacherCacheKind {
    switch teacherCache {
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
