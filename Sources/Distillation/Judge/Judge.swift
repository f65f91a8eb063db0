internal import Compute
package import Inference
package import Ranks
package import Transformer

/// Divergence and agreement of a model with the teacher on held-out examples.
package struct HeldOut: Sendable, Equatable {
  /// Mean forward KL(teacher || model) over response tokens, full vocabulary, temperature 1, in
  /// nats.
  package var kl: Double
  /// Fraction of response tokens whose most likely token is the teacher's.
  package var agreement: Double
  /// Mean cross-entropy of the response tokens, in nats, where training lowers that.
  package var crossEntropy: Double?

  /// What training lowers, by which the best prompt is chosen.
  package var loss: Double { crossEntropy ?? kl }
}

extension HeldOut: Codable {
  private enum CodingKeys: String, CodingKey {
    case kl, agreement
    case crossEntropy = "cross_entropy"
  }
}

/// The same by example, for confidence intervals.
package struct ExampleScores: Sendable, Equatable {
  /// Over all examples.
  package var all: HeldOut
  /// Sums over the response tokens of each example.
  package var kl: [Double]
  package var agreeing: [Double]
  /// For each response token of each example, whether the most likely token is the teacher's.
  package var agreements: [[Bool]] = []
  /// Sums of the tokens' log-likelihood, in nats; nil where they were not computed.
  package var logLikelihood: [Double]?
}

/// Compares models with the teacher on held-out examples: token by token over the whole vocabulary,
/// and by their greedy answers, because numbers under the teacher's own tokens alone mislead.
package final class Judge {
  /// The teacher's distributions after the held-out examples: its states, which are exact at every
  /// temperature, or those of another model, as `TeacherCache.judgedKind` says.
  package let cache: TeacherCache

  /// The end of greedy answers.
  let limits: AnswerLimits

  /// The teacher's greedy answers; nil before it has answered all of them.
  package var teacherAnswers: [[Int]]? {
    let found = answers.compactMap(\.self)
    return found.count == answers.count ? found : nil
  }

  /// The same by example; nil before it was answered.
  private var answers: [[Int]?]
  private var answeredTokens = 0

  /// Sums of another model's log-likelihoods of each response, by example.
  private(set) var teacherLikelihoods: [Int: Double] = [:]

  /// Whether comparisons have the cross-entropy of the responses.
  private let isCrossEntropy: Bool

  /// A judge on held-out examples, before the teacher has scored them. Of several ranks each judges
  /// its own; all have the result of all.
  ///
  /// - Parameters:
  ///   - examples: the held-out examples.
  ///   - teacher: the model that reads the context.
  ///   - student: the model that is judged, with the teacher's V.
  ///   - limits: the end of greedy answers.
  ///   - isCrossEntropy: whether comparisons have the cross-entropy of the responses.
  ///   - ranks: the ranks that share out the examples.
  init(
    of examples: [Example], by teacher: Decoder, for student: Decoder, limits: AnswerLimits,
    isCrossEntropy: Bool = false, sharedBy ranks: Ranks
  ) throws(TransformerError) {
    cache = try TeacherCache(
      of: examples, for: student,
      kind: TeacherCache.judgedKind(of: teacher, for: student), temperature: 1, sharedBy: ranks)
    self.limits = limits
    self.isCrossEntropy = isCrossEntropy
    answers = examples.map { _ in nil }
  }

  /// Scores this rank's examples of the span before the teacher.
  ///
  /// - Parameter progress: called with the response tokens scored so far.
  func score(
    _ teacher: PrefixedDecoder, span: Int, progress: (Int) -> Void = { _ in }
  ) throws(TransformerError) {
    try teacher.score(cache, span: span, progress: progress) {
      (examples, states) throws(ComputeError) in
      guard cache.rows.kind != .hidden else { return }
      // Without the states, the head of the other model is needed now.
      let tokens = examples.map { cache.examples[$0].response }
      let values = try teacher.decoder.logLikelihoods(of: tokens.flatMap(\.self), after: states)
      var first = 0
      for (example, tokens) in zip(examples, tokens) {
        teacherLikelihoods[example] = values[first..<(first + tokens.count)].reduce(0, +)
        first += tokens.count
      }
    }
  }

  /// Lets the teacher answer this rank's examples of the span before them greedily, so that it is
  /// not needed for a verdict. ``gatherAnswers()`` follows the last span.
  ///
  /// - Parameters:
  ///   - known: for each held-out example, whether its response is the teacher's greedy answer,
  ///     which is not generated again; nil generates all.
  ///   - progress: called with the tokens generated so far, for this rank's examples of all spans,
  ///     and the most that there can be.
  func letAnswer(
    _ teacher: PrefixedDecoder, span: Int, known: [Bool]? = nil,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws(TransformerError) {
    func isOpen(_ example: Int) -> Bool { known?[example] != true }
    func tokens(_ examples: some Sequence<Int>) -> Int {
      examples.reduce(0) { $0 + (isOpen($1) ? cache.examples[$1].responseRows : 0) }
    }
    let examples = cache.indices(ofSpan: span)
    let open = examples.filter(isOpen)
    let total = tokens(cache.shares.own)
    let found = try greedyAnswers(of: teacher, to: open) { made, _ in
      progress(min(answeredTokens + made, total), total)
    }
    answeredTokens += tokens(open)
    for example in examples {
      answers[example] = limits.reference(cache.examples[example].response)
    }
    for (example, answer) in zip(open, found) { answers[example] = answer }
  }

  /// Brings the teacher's answers of all ranks to each of them.
  func gatherAnswers() {
    answers = cache.shares.gather(lists: cache.shares.own.map { answers[$0] ?? [] })
  }

  /// Scores held-out examples of one span with the teacher that has read it, once; the student is
  /// the same model where none is named.
  ///
  /// - Throws: allocation and driver errors.
  package static func scoring(
    _ examples: [Example], by teacher: PrefixedDecoder, for student: Decoder? = nil,
    limits: AnswerLimits = AnswerLimits(), sharedBy ranks: Ranks = .one
  ) throws(TransformerError) -> Judge {
    let judge = try Judge(
      of: examples, by: teacher.decoder, for: student ?? teacher.decoder, limits: limits,
      sharedBy: ranks)
    for span in judge.cache.spans { try judge.score(teacher, span: span) }
    return judge
  }

  /// Response tokens of each held-out example.
  package var responseTokens: [Int] { cache.examples.map(\.responseRows) }

  /// Mean KL and agreement of a model over all held-out response tokens.
  ///
  /// - Throws: allocation and driver errors.
  package func compare(_ model: PrefixedDecoder) throws(TransformerError) -> HeldOut {
    try scores(of: model, withLikelihoods: isCrossEntropy).all
  }

  /// KL and agreement of a model, over all held-out response tokens and by example.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - withLikelihoods: whether to compute the likelihood of the responses too.
  ///   - progress: called with the fraction of the examples that is compared.
  package func scores(
    of model: PrefixedDecoder, withLikelihoods: Bool = false,
    progress: (Double) -> Void = { _ in }
  ) throws(TransformerError) -> ExampleScores {
    let (device, own) = (model.decoder.device, cache.shares.own)
    var found: (kl: [Double], agreements: [[Bool]], likelihood: [Double]) = ([], [], [])
    try model.forEachRun(
      own.map { (cache.examples[$0].inputs, cache.examples[$0].responseRows) }
    ) { chosen, states, rows throws(ComputeError) in
      let indices = try device.rowIndices(cache.indices(of: own[chosen]))
      var losses = try device.buffer(of: Float.self, count: rows)
      var agreements = try device.buffer(of: Float.self, count: rows)
      try device.headDivergenceLoss(
        states, head: model.decoder.head, shape: model.decoder.configuration.logitShape,
        teacher: cache.rows, at: indices, rows: rows, objective: .forwardKL, losses: &losses,
        agreements: &agreements)
      let (kl, agrees) = (
        try device.download(losses, count: rows), try device.download(agreements, count: rows)
      )
      let likelihoods =
        withLikelihoods
        ? try model.decoder.logLikelihoods(
          of: own[chosen].flatMap { cache.examples[$0].response }, after: states) : []
      var first = 0
      for example in own[chosen] {
        let rows = first..<(first + cache.examples[example].responseRows)
        found.kl.append(kl[rows].reduce(0) { $0 + Double($1) })
        found.agreements.append(agrees[rows].map { $0 == 1 })
        if withLikelihoods { found.likelihood.append(likelihoods[rows].reduce(0, +)) }
        first = rows.upperBound
      }
      progress(Double(chosen.upperBound) / Double(own.count))
    }
    let kl = cache.shares.gather(found.kl)
    let agreements = cache.shares.gather(lists: found.agreements)
    let agreeing = agreements.map { Double($0.count { $0 }) }
    let likelihoods = withLikelihoods ? cache.shares.gather(found.likelihood) : nil
    let total = Double(max(TeacherCache.rowCount(cache.examples), 1))
    let all = HeldOut(
      kl: kl.meanDivergence(tokens: total), agreement: agreeing.reduce(0, +) / total,
      crossEntropy: isCrossEntropy ? likelihoods.map { -$0.reduce(0, +) / total } : nil)
    return ExampleScores(
      all: all, kl: kl, agreeing: agreeing, agreements: agreements, logLikelihood: likelihoods)
  }

  /// The change of the mean KL when a prompt is read back from the files of an export.
  ///
  /// - Parameters:
  ///   - exported: the prefix that the files hold.
  ///   - model: the model with the prompt itself.
  ///   - known: its comparison with the teacher, where it was made already.
  ///   - capacity: the capacity after the prefix.
  /// - Throws: where the exported prefix is longer than the model's positions; allocation and
  ///   driver errors.
  package func change(
    by exported: Prefix, of model: PrefixedDecoder, known: HeldOut?, capacity: PrefixCapacity
  ) throws(TransformerError) -> Double {
    let read = try model.decoder.prefill(exported, capacity: capacity)
    let own = if let known { known } else { try compare(model) }
    return try compare(read).kl - own.kl
  }
}
