internal import Compute
package import Inference
package import Transformer

/// Divergence and agreement of a model with the teacher on held-out examples.
package struct HeldOut: Sendable, Equatable, Codable {
  /// Mean forward KL(teacher || model) over response tokens, full vocabulary, temperature 1, in
  /// nats.
  package var kl: Double
  /// Fraction of response tokens whose most likely token is the teacher's.
  package var agreement: Double
}

/// The same by example, for confidence intervals.
package struct ExampleScores: Sendable, Equatable {
  /// Over all examples.
  package var all: HeldOut
  /// Sums over the response tokens of each example.
  package var kl: [Double]
  package var agreeing: [Double]
  /// Sums of the tokens' log-likelihood, in nats; nil where they were not computed.
  package var logLikelihood: [Double]?
}

/// Compares models with the teacher on held-out examples: token by token over the whole vocabulary,
/// and by their greedy answers, because numbers under the teacher's own tokens alone mislead.
package final class Judge {
  /// The teacher's states of the held-out examples, which are exact at every temperature.
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

  /// A judge on held-out examples, before the teacher has scored them.
  init(
    of examples: [Example], for decoder: Decoder, limits: AnswerLimits
  ) throws(TransformerError) {
    cache = try TeacherCache(of: examples, for: decoder, kind: .hidden, temperature: 1)
    self.limits = limits
    answers = examples.map { _ in nil }
  }

  /// Lets the teacher answer the examples of the span before them greedily, so that it is not needed
  /// for a verdict.
  ///
  /// - Parameters:
  ///   - known: for each held-out example, whether its response is the teacher's greedy answer,
  ///     which is not generated again; nil generates all.
  ///   - progress: called with the tokens generated so far, for the examples of all spans, and the
  ///     most that there can be.
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
    let total = tokens(cache.examples.indices)
    let found = try greedyAnswers(of: teacher, to: open) { made, _ in
      progress(min(answeredTokens + made, total), total)
    }
    answeredTokens += tokens(open)
    for example in examples {
      answers[example] = limits.reference(cache.examples[example].response)
    }
    for (example, answer) in zip(open, found) { answers[example] = answer }
  }

  /// Scores held-out examples of one span with the teacher that has read it, once.
  package static func scoring(
    _ examples: [Example], by teacher: PrefixedDecoder, limits: AnswerLimits = AnswerLimits()
  ) throws(TransformerError) -> Judge {
    let judge = try Judge(of: examples, for: teacher.decoder, limits: limits)
    for span in judge.cache.spans { try teacher.score(judge.cache, span: span) }
    return judge
  }

  /// Response tokens of each held-out example.
  package var responseTokens: [Int] { cache.examples.map(\.responseRows) }

  /// Mean KL and agreement of a model over all held-out response tokens.
  package func compare(_ model: PrefixedDecoder) throws(TransformerError) -> HeldOut {
    try scores(of: model).all
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
    let total = TeacherCache.rowCount(cache.examples)
    let device = model.decoder.device
    var klSum = 0.0
    var agreeing = 0
    var byExample: (kl: [Double], agreeing: [Double], likelihood: [Double]) = ([], [], [])
    try model.forEachRun(cache.examples.map { ($0.inputs, $0.responseRows) }) {
      chosen, states, rows throws(ComputeError) in
      let indices = try device.rowIndices(cache.indices(of: chosen))
      var losses = try device.buffer(of: Float.self, count: rows)
      var agreements = try device.buffer(of: Float.self, count: rows)
      try device.headDivergenceLoss(
        states, head: model.decoder.head, shape: model.decoder.configuration.logitShape,
        teacher: cache.rows, at: indices, rows: rows, objective: .forwardKL, losses: &losses,
        agreements: &agreements)
      let (kl, agrees) = (
        try device.download(losses, count: rows), try device.download(agreements, count: rows)
      )
      klSum += kl.reduce(0) { $0 + Double($1) }
      agreeing += agrees.reduce(0) { $0 + Int($1) }
      let likelihoods =
        withLikelihoods
        ? try model.decoder.logLikelihoods(
          of: chosen.flatMap { cache.examples[$0].response }, after: states) : []
      var first = 0
      for example in chosen {
        let own = first..<(first + cache.examples[example].responseRows)
        byExample.kl.append(kl[own].reduce(0) { $0 + Double($1) })
        byExample.agreeing.append(agrees[own].reduce(0) { $0 + Double($1) })
        if withLikelihoods { byExample.likelihood.append(likelihoods[own].reduce(0, +)) }
        first = own.upperBound
      }
      progress(Double(chosen.upperBound) / Double(cache.examples.count))
    }
    let all = HeldOut(
      kl: klSum / Double(max(total, 1)), agreement: Double(agreeing) / Double(max(total, 1)))
    return ExampleScores(
      all: all, kl: byExample.kl, agreeing: byExample.agreeing,
      logLikelihood: withLikelihoods ? byExample.likelihood : nil)
  }

  /// The change of the mean KL when a prompt is read back from the files of an export.
  ///
  /// - Parameters:
  ///   - exported: the prefix that the files hold.
  ///   - model: the model with the prompt itself.
  ///   - known: its comparison with the teacher, where it was made already.
  ///   - capacity: the capacity after the prefix.
  package func change(
    by exported: Prefix, of model: PrefixedDecoder, known: HeldOut?, capacity: PrefixCapacity
  ) throws(TransformerError) -> Double {
    let read = try model.decoder.prefill(exported, capacity: capacity)
    let own = if let known { known } else { try compare(model) }
    return try compare(read).kl - own.kl
  }
}
