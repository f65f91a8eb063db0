internal import Inference
internal import Transformer

extension DistillationRun {
  /// The teacher's answers and scores, and how the training begins. Of a shared teacher the first run
  /// makes the former; a later one reads the context again where its start is made from it.
  ///
  /// - Parameter isAlone: whether no other run needs the scores of the training examples.
  func prepare(
    _ decoder: Decoder, _ shared: SharedTeacher, isAlone: Bool, _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> (Preparation, RunStart) {
    var found: RunStart?
    if options.method == .embeddings {
      found = try RunStart(embeddings: decoder, texts, options, resuming: checkpoint)
    }
    /// The teacher after a part of the context, from which keys and values start.
    func read(_ part: Int, _ teacher: Teacher) throws(DistillationError) -> PrefixedDecoder {
      try distilling { () throws(TransformerError) in
        try teacher.read(part) { handle(.progress(.readingContext, done: $0, total: $1)) }
      }
    }
    func startBeforeAnswers(_ teacher: Teacher) throws(DistillationError) {
      guard options.method == .keysValues, options.initialization != .matched else { return }
      found = try RunStart(
        keysValues: { (part) throws(DistillationError) in try read(part, teacher) }, texts,
        options, folder: request.folder, resuming: checkpoint)
    }
    func startFromAnswers(
      _ teacher: Teacher, _ examples: [Example]
    ) throws(DistillationError) {
      guard found == nil else { return }
      found = try RunStart(
        matching: { (part) throws(TransformerError) in
          try teacher.read(part) { handle(.progress(.readingContext, done: $0, total: $1)) }
        }, to: examples, texts, options, resuming: checkpoint, handle)
    }
    let prepared: Preparation
    if let known = shared.prepared {
      prepared = known
      if found == nil {
        let teacher = try Preparation.teacher(decoder, texts, options)
        try startBeforeAnswers(teacher)
        try startFromAnswers(teacher, prepared.answered)
      }
      decoder.device.releaseKeptMemory()
    } else {
      prepared = try Preparation.prepare(
        decoder, texts: texts, options: options, answers: recordedAnswers ?? shared.answers,
        isTraining: !isAlone || (checkpoint?.state.step ?? 0) < totalSteps, sharedBy: ranks,
        starting: startBeforeAnswers, answered: startFromAnswers, handle: handle)
      shared.prepared = prepared
    }
    guard let found else { preconditionFailure("either method has a start") }
    return (prepared, found)
  }
}
