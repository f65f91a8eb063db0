package import Compute
internal import Inference
package import Ranks
package import Transformer

/// The teacher's scores of all examples. With them, training needs neither the context nor its keys
/// and values.
package struct TeacherScores {
  /// Of the training examples.
  package let cache: TeacherCache
  /// Compares prompts with the teacher on the held-out examples; nil where there are none.
  package let judge: Judge?
  /// Measures drift on unrelated prompts; nil where there are none, or nothing is held out.
  var drift: DriftJudge?
  /// The same on some examples, held out or trained on: the export is verified with them.
  package let verification: Judge

  /// Examples for the verification where none are held out.
  private static let verified = 16

  /// The examples that a judge has.
  static func judgedExamples(_ heldOut: [Example], _ training: [Example]) -> [Example] {
    heldOut.isEmpty ? Array(training.prefix(verified)) : heldOut
  }

  /// Settings of the scoring: the measures of held-out examples, and the cache of training
  /// examples.
  struct Measures {
    /// The end of greedy answers.
    var limits = AnswerLimits()
    /// For each held-out example, whether its response is the teacher's greedy answer; nil where
    /// none is known to be.
    var known: [Bool]?
    /// Whether the cross-entropy of the responses chooses the best prompt, in place of the KL.
    var isCrossEntropy = false
    /// The share of the response's own token in the teacher's distribution of training examples.
    var targetShare: Float = 0
    /// The space of the training examples' cache for answers of the student.
    var rolloutSpace = RolloutSpace.empty
  }

  /// Scores all examples, and lets the teacher answer the held-out ones: each span is read once.
  ///
  /// - Parameters:
  ///   - training: the training examples.
  ///   - heldOut: the held-out examples.
  ///   - teacher: the model that reads the context.
  ///   - kind: of the training examples' cache.
  ///   - temperature: the divisor of logits.
  ///   - ranks: the ranks that share out the examples.
  ///   - batchSize: the most examples of a step; several ranks need it.
  ///   - reading: called with the rows of a span read so far and their number.
  ///   - scored: called with the response tokens scored so far and their number.
  ///   - answered: called with the tokens of greedy answers so far and the most that there can be.
  package static func scoring(
    _ training: [Example], heldOut: [Example], by teacher: Teacher,
    kind: TeacherCacheKind, temperature: Float, sharedBy ranks: Ranks = .one, batchSize: Int = 0,
    reading: (Int, Int) -> Void = { _, _ in },
    scored: (Int, Int) -> Void = { _, _ in }, answered: (Int, Int) -> Void = { _, _ in }
  ) throws(TransformerError) -> TeacherScores {
    try scoring(
      training, heldOut: heldOut, by: teacher, for: teacher.decoder, isTraining: true, kind: kind,
      temperature: temperature,
      measures: Measures(), sharedBy: ranks, batchSize: batchSize,
      drift: { (_) throws(TransformerError) in nil },
      reading: reading, scored: scored, answered: answered)
  }

  /// As the other, for a student that may be another model, with more measures of the held-out
  /// examples. Training examples are scored where `isTraining`, in steps of `batchSize`. Ranks
  /// share out the examples; numbers of progress are those of this rank. `drift` makes the judge of
  /// drift where examples are held out; it is called with the teacher after the first rank's last
  /// span.
  static func scoring(
    _ training: [Example], heldOut: [Example], by teacher: Teacher, for student: Decoder,
    isTraining: Bool, kind: TeacherCacheKind, temperature: Float, measures: Measures,
    sharedBy ranks: Ranks,
    batchSize: Int,
    drift: (PrefixedDecoder) throws(TransformerError) -> DriftJudge?,
    reading: (Int, Int) -> Void, scored: (Int, Int) -> Void, answered: (Int, Int) -> Void
  ) throws(TransformerError) -> TeacherScores {
    let judged = judgedExamples(heldOut, training)
    let trained = isTraining ? training : []
    let cache = try TeacherCache(
      of: trained, for: student, kind: kind, temperature: temperature,
      targetShare: measures.targetShare, sharedBy: ranks, batchSize: batchSize,
      rolloutSpace: isTraining ? measures.rolloutSpace : .empty)
    let judge = try Judge(
      of: judged, by: teacher.decoder, for: student, limits: measures.limits,
      isCrossEntropy: measures.isCrossEntropy, sharedBy: ranks)
    // Given tokens are complete.
    let trainedRows = kind == .tokens ? 0 : cache.ownRows
    let total = trainedRows + judge.cache.ownRows
    var (done, measured) = (0, DriftJudge?.none)
    scored(0, total)
    let spans = teacher.pass(over: cache.spans.union(judge.cache.spans))
    for span in spans {
      let model = try teacher.read(span, progress: reading)
      if trainedRows > 0 {
        try model.score(cache, span: span) { scored(done + $0, total) }
        done += cache.rowCount(ofSpan: span)
      }
      try judge.score(model, span: span) { scored(done + $0, total) }
      done += judge.cache.rowCount(ofSpan: span)
      guard !heldOut.isEmpty else { continue }
      try judge.letAnswer(model, span: span, known: measures.known, progress: answered)
    }
    if !heldOut.isEmpty {
      judge.gatherAnswers()
      measured = try drift(teacher.read(ranks.ofFirst(spans.last ?? 0), progress: reading))
    }
    return TeacherScores(
      cache: cache, judge: heldOut.isEmpty ? nil : judge, drift: measured, verification: judge)
  }
}
