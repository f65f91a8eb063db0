internal import Inference
internal import Transformer

extension DistillationRun {
  /// The teacher's answers and scores, and how the training begins. Of a shared teacher the first
  /// run makes the former; a later one reads the context again where its start is made from it. A
  /// teacher of another model is loaded for it, unless a study has left it, and gone afterwards.
  ///
  /// - Parameter isAlone: whether no other run needs the scores of the training examples.
  func prepare(
    _ decoder: Decoder, _ shared: SharedTeacher, isAlone: Bool, _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> (Preparation, RunStart) {
    var found: RunStart?
    if options.method == .embeddings {
      found = try RunStart(
        embeddings: decoder, texts, options, sharedBy: ranks, resuming: checkpoint)
    }
    /// The student's own reading, of which keys and values start: the teacher's where both are one
    /// model.
    var own: Teacher?
    func reader(_ teacher: Teacher?) throws(DistillationError) -> Teacher {
      if let teacher, teacher.decoder === decoder { return teacher }
      if let own { return own }
      let made = try Preparation.teacher(decoder, texts, options)
      try distilling { () throws(TransformerError) in
        try made.readTogether(ranks) {
          handle(.progress(.readingContext, done: $0, total: $1))
        }
      }
      own = made
      return made
    }
    func read(_ part: Int, _ teacher: Teacher) throws(TransformerError) -> PrefixedDecoder {
      try teacher.read(part) { handle(.progress(.readingContext, done: $0, total: $1)) }
    }
    func startBeforeAnswers(_ teacher: Teacher?) throws(DistillationError) {
      guard options.method == .keysValues, options.initialization != .matched else { return }
      let reader = try reader(teacher)
      found = try RunStart(
        keysValues: { (part) throws(DistillationError) in
          try distilling { () throws(TransformerError) in try read(part, reader) }
        }, texts, options, folder: request.folder, sharedBy: ranks, resuming: checkpoint)
    }
    func startFromAnswers(
      _ teacher: Teacher?, _ examples: [Example]
    ) throws(DistillationError) {
      guard found == nil else { return }
      let reader = try reader(teacher)
      found = try RunStart(
        matching: { (part) throws(TransformerError) in try read(part, reader) }, to: examples,
        texts, options, resuming: checkpoint, handle)
    }
    let prepared: Preparation
    if let known = shared.prepared {
      prepared = known
      if found == nil {
        try startBeforeAnswers(nil)
        try startFromAnswers(nil, prepared.answered)
      }
    } else {
      var made = try Preparation.prepare(
        decoder,
        teacher: { () throws(DistillationError) in
          try shared.teacher { () throws(DistillationError) in try loadTeacher(handle) }
        },
        texts: texts, options: options, answers: recordedAnswers ?? shared.answers,
        cacheKind: checkpoint?.state.teacherCache ?? shared.cacheKind,
        isTraining: !isAlone || (checkpoint?.state.step ?? 0) < totalSteps,
        rollouts: rolloutPlan, sharedBy: ranks,
        starting: startBeforeAnswers, answered: startFromAnswers, handle: handle)
      if texts.teacher != nil, made.scores.judge != nil, !texts.unrelated.isEmpty {
        // What the context changes in the student is its own reading's to say.
        let reader = try reader(nil)
        made.scores.drift = try distilling { () throws(TransformerError) in
          try Preparation.drift(decoder, texts, read(0, reader), ranks, handle)
        }
      }
      prepared = made
      shared.prepared = prepared
    }
    own = nil
    decoder.device.releaseKeptMemory()
    guard let found else { preconditionFailure("either method has a start") }
    return (prepared, found)
  }

  /// The teacher, where it is another model; it is loaded for the preparation alone.
  private func loadTeacher(
    _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> Decoder? {
    try texts.teacher.map { (teacher) throws(DistillationError) in
      try teacher.load(on: device, handle: handle)
    }
  }
}
