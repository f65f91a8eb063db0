internal import Compute
internal import Inference
internal import Transformer

/// The state of a run before its first step: the prefilled teacher, its answers, and its scores of
/// all responses.
struct Preparation {
  let teacher: PrefixedDecoder
  let answers: TeacherAnswers
  /// The teacher's scores of the training examples.
  let cache: TeacherCache
  let cacheKind: TeacherCacheKind
  /// Compares prompts with the teacher; nil where nothing is held out.
  let judge: Judge?

  /// Prefills the context, generates missing responses with the teacher, and scores all responses.
  ///
  /// - Parameter recorded: the teacher's answers of a resumed run.
  static func prepare(
    _ decoder: Decoder, texts: RunTexts, options: TrainingOptions,
    answers recorded: TeacherAnswers?, handle: (RunEvent) -> Void
  ) throws(DistillationError) -> Preparation {
    let conditioning = texts.conditioning
    let examples = texts.training + texts.validation
    let open = examples.count { $0.response == nil }
    let teacher = try decoder.readTeacherPrefix(
      conditioning,
      capacity: PrefixCapacity(
        longest: texts.longest(responseTokens: options.responseTokens),
        answers: max(open, texts.validation.count), for: decoder), handle)
    let answers =
      if let recorded {
        recorded
      } else {
        try teacher.answers(to: examples, conditioning, options, handle)
      }
    let answered = answers.completing(examples)
    let training = Array(answered.prefix(texts.training.count))
    let validation = Array(answered.dropFirst(texts.training.count))
    let configuration = decoder.configuration
    let rows = TeacherCache.rowCount(training)
    let total = rows + TeacherCache.rowCount(validation)
    let kind = options.cacheKind(
      rows: rows, vocabulary: configuration.vocabularySize,
      hasSoftCap: configuration.logitShape.softCap != nil,
      availableBytes: decoder.device.availableBytes)
    handle(.progress(.scoring, done: 0, total: total))
    return try distilling { () throws(TransformerError) in
      let cache = try teacher.score(training, kind: kind, temperature: options.temperature) {
        handle(.progress(.scoring, done: $0, total: total))
      }
      let judge =
        validation.isEmpty
        ? nil
        : try Judge.scoring(validation, by: teacher) {
          handle(.progress(.scoring, done: rows + $0, total: total))
        }
      return Preparation(
        teacher: teacher, answers: answers, cache: cache, cacheKind: kind, judge: judge)
    }
  }
}

extension Decoder {
  /// Prefills everything before a prompt, with the whole context.
  func readTeacherPrefix(
    _ conditioning: Conditioning, capacity: PrefixCapacity, _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> PrefixedDecoder {
    let prefix = conditioning.teacherPrefix
    let total = prefix.rows
    handle(.progress(.readingContext, done: 0, total: total))
    return try distilling { () throws(TransformerError) in
      try prefill(prefix, capacity: capacity) {
        handle(.progress(.readingContext, done: $0, total: total))
      }
    }
  }
}

extension TrainingOptions {
  /// The kind of cache for this many response tokens.
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
