internal import Compute
internal import Transformer

/// The teacher's part of a run: it reads the context, answers where a response is missing, and scores
/// all responses.
struct TeacherWork {
  let teacher: Teacher
  /// What it says of the training examples.
  let cache: TeacherCache
  let cacheKind: TeacherCacheKind
  /// Compares prompts with it; nil where nothing is held out.
  let judge: Judge?

  init(
    _ decoder: Decoder, texts: RunTexts, options: TrainingOptions, handle: (RunEvent) -> Void
  ) throws(DistillationError) {
    let conditioning = texts.conditioning
    let room = PrefixRoom(
      longest: texts.longest(responseTokens: options.responseTokens), on: decoder.device)
    let total = conditioning.contextPrefixCount
    teacher = try distilling { () throws(TransformerError) in
      try Teacher(
        decoder, header: conditioning.header, context: conditioning.context,
        closing: conditioning.closing, room: room
      ) { handle(.progress(.readingContext, done: $0, total: total)) }
    }
    let answered = try Self.answer(
      texts.training + texts.validation, by: teacher, conditioning, options, handle)
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

  /// Gives every example a response: its own, or the teacher's.
  static func answer(
    _ examples: [Example], by teacher: Teacher, _ conditioning: Conditioning,
    _ options: TrainingOptions, _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> [AnsweredExample] {
    let open = examples.filter { $0.response == nil }
    var answers: [[Int]] = []
    if !open.isEmpty {
      let generation = GenerationOptions(
        maximumTokens: options.responseTokens, temperature: options.responseTemperature,
        seed: options.seed, stopIdentifiers: conditioning.stopIdentifiers)
      answers = try distilling { () throws(TransformerError) in
        try teacher.model.generate(open.map(\.prompt), options: generation) {
          handle(.progress(.answering, done: $0, total: open.count))
        }
      }
    }
    var next = answers.makeIterator()
    return examples.map { example in
      AnsweredExample(
        prompt: example.prompt, response: example.response ?? next.next() ?? [])
    }
  }
}

extension PrefixRoom {
  /// Rows of one run: many short examples at a time.
  private static let usualRunRows = 1024

  /// Room for runs of examples of up to `longest` tokens, and for answers to many of them at once: on a CPU as many as its
  /// products need to be worth reading the weights, on other devices more.
  init(longest: Int, on device: Device) {
    let answers = device.isCPU ? 16 : 64
    let runRows = max(longest, Self.usualRunRows)
    self.init(rows: max(answers * longest, runRows), runRows: runRows)
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
