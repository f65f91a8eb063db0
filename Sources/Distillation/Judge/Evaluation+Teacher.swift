internal import Compute
internal import Inference
internal import Ranks
internal import Transformer

extension Evaluation.Request {
  /// The teacher's answers where responses are missing, its scores of all responses, and the judge
  /// of drift that `drift` makes with the teacher after the first rank's last span, where it is the
  /// student's own model.
  func answeredAndScored(
    _ examples: [InputExample], _ spans: ContextSpans, _ conditioning: Conditioning,
    _ decoder: Decoder, _ other: OtherTeacher?, _ longest: Int, _ options: TrainingOptions,
    _ ranks: Ranks,
    drift: (PrefixedDecoder) throws(TransformerError) -> DriftJudge?,
    _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> (answers: TeacherAnswers, judge: Judge, drift: DriftJudge?) {
    let reader = try other?.load(on: decoder.device, handle: handle) ?? decoder
    let teacher = try distilling { () throws(TransformerError) in
      let teacher = try Teacher(
        reader, prefixes: spans.prefixes,
        capacity: PrefixCapacity(longest: longest, answers: examples.count, for: reader))
      try teacher.readTogether(ranks) { handle(.progress(.readingContext, done: $0, total: $1)) }
      return teacher
    }
    let answers = try teacher.answers(
      to: examples, spans, conditioning, options, sharedBy: ranks, handle)
    let answered = answers.completing(examples, spans)
    let limits = AnswerLimits(
      stopIdentifiers: conditioning.stopIdentifiers, tokens: options.responseTokens)
    let known = examples.map { $0.response == nil }
    let (judge, measured) = try distilling {
      () throws(TransformerError) -> (Judge, DriftJudge?) in
      let judge = try Judge(
        of: answered, by: reader, for: decoder, limits: limits, sharedBy: ranks)
      let rows = judge.cache.ownRows
      var done = 0
      let order = teacher.pass(over: judge.cache.spans)
      for span in order {
        let model = try teacher.read(span) {
          handle(.progress(.readingContext, done: $0, total: $1))
        }
        handle(.progress(.scoring, done: done, total: rows))
        try judge.score(model, span: span) {
          handle(.progress(.scoring, done: done + $0, total: rows))
        }
        done += judge.cache.rowCount(ofSpan: span)
        try judge.letAnswer(model, span: span, known: known) {
          handle(.progress(.answering, done: $0, total: $1))
        }
      }
      judge.gatherAnswers()
      guard other == nil else { return (judge, nil) }
      return (judge, try drift(teacher.read(ranks.ofFirst(order.last ?? 0))))
    }
    return (answers, judge, measured)
  }
}
