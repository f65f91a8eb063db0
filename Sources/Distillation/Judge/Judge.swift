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
}

/// Compares models with the teacher on held-out examples: token by token over the whole vocabulary,
/// and by their greedy answers, because numbers under the teacher's own tokens alone mislead.
package final class Judge {
  /// The teacher's states of the held-out examples, which are exact at every temperature.
  package let cache: TeacherCache

  /// Whether the teacher gives each response token for token when it answers greedily; nil before
  /// it has answered.
  package private(set) var teacherMatches: [Bool]?

  private init(_ cache: TeacherCache) { self.cache = cache }

  /// Lets the teacher answer greedily, so that it is not needed for a verdict.
  ///
  /// - Parameter progress: called with the tokens generated so far and the most that there can be.
  package func letAnswer(
    _ teacher: PrefixedDecoder, progress: (Int, Int) -> Void = { _, _ in }
  ) throws(TransformerError) {
    teacherMatches = try exactMatches(teacher, progress: progress)
  }

  /// Scores held-out examples with the teacher, once.
  ///
  /// - Parameters:
  ///   - examples: the held-out examples.
  ///   - teacher: the model with the full context.
  ///   - progress: called with the response tokens scored so far.
  package static func scoring(
    _ examples: [Example], by teacher: PrefixedDecoder,
    progress: (Int) -> Void = { _ in }
  ) throws(TransformerError) -> Judge {
    Judge(try teacher.score(examples, kind: .hidden, temperature: 1, progress: progress))
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
  ///   - progress: called with the fraction of the examples that is compared.
  package func scores(
    of model: PrefixedDecoder, progress: (Double) -> Void = { _ in }
  ) throws(TransformerError) -> ExampleScores {
    let total = TeacherCache.rowCount(cache.examples)
    let device = model.decoder.device
    var klSum = 0.0
    var agreeing = 0
    var byExample: (kl: [Double], agreeing: [Double]) = ([], [])
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
      var first = 0
      for example in chosen {
        let own = first..<(first + cache.examples[example].responseRows)
        byExample.kl.append(kl[own].reduce(0) { $0 + Double($1) })
        byExample.agreeing.append(agrees[own].reduce(0) { $0 + Double($1) })
        first = own.upperBound
      }
      progress(Double(chosen.upperBound) / Double(cache.examples.count))
    }
    let all = HeldOut(
      kl: klSum / Double(max(total, 1)), agreement: Double(agreeing) / Double(max(total, 1)))
    return ExampleScores(all: all, kl: byExample.kl, agreeing: byExample.agreeing)
  }

  /// Whether the model's greedy answer is the response of each held-out example, token for token.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - progress: called with the tokens generated so far and the most that there can be.
  package func exactMatches(
    _ model: PrefixedDecoder, progress: (Int, Int) -> Void = { _, _ in }
  ) throws(TransformerError) -> [Bool] {
    let answers = try model.generate(
      cache.examples.map(\.prompt), options: GenerationOptions(maximumTokens: 0),
      limits: cache.examples.map(\.response.count), progress: progress)
    return zip(answers, cache.examples).map { $0 == $1.response }
  }
}
