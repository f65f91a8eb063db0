extension RunMetrics {
  /// A measure of three models on the same examples.
  package struct Sides: Sendable, Equatable {
    /// With the soft prompt.
    package var prompt: Double
    /// With nothing in place of the context.
    package var noContext: Double
    /// With the full context; nil without one.
    package var fullContext: Double?

    /// A measure.
    package init(prompt: Double, noContext: Double, fullContext: Double?) {
      self.prompt = prompt
      self.noContext = noContext
      self.fullContext = fullContext
    }
  }

  /// Measures of greedy answers beside exact match, and of the recorded responses' likelihood.
  package struct Answers: Sendable, Equatable {
    /// The mean share of a response's tokens before the first one that the greedy answer has not.
    package var prefixShare: Sides
    /// The mean ``RougeL`` of greedy answers, with the recorded responses as references.
    package var rougeL: Sides
    /// The mean log-likelihood of a response token, in nats.
    package var logLikelihood: Sides

    /// Measures.
    package init(prefixShare: Sides, rougeL: Sides, logLikelihood: Sides) {
      self.prefixShare = prefixShare
      self.rougeL = rougeL
      self.logLikelihood = logLikelihood
    }
  }
}

extension RunMetrics.Answers: Codable {
  /// The keys of each measure: that of the soft prompt, of no context and of the full context.
  private enum CodingKeys: String, CodingKey {
    case prefixShare = "answer_prefix"
    case prefixShareNoContext = "answer_prefix_no_context"
    case prefixShareFullContext = "answer_prefix_full_context"
    case rougeL = "rouge_l"
    case rougeLNoContext = "rouge_l_no_context"
    case rougeLFullContext = "rouge_l_full_context"
    case logLikelihood = "log_likelihood"
    case logLikelihoodNoContext = "log_likelihood_no_context"
    case logLikelihoodFullContext = "log_likelihood_full_context"
  }

  private typealias Keys = (prompt: CodingKeys, noContext: CodingKeys, fullContext: CodingKeys)

  private static let prefixShareKeys: Keys = (
    .prefixShare, .prefixShareNoContext, .prefixShareFullContext
  )
  private static let rougeLKeys: Keys = (.rougeL, .rougeLNoContext, .rougeLFullContext)
  private static let logLikelihoodKeys: Keys = (
    .logLikelihood, .logLikelihoodNoContext, .logLikelihoodFullContext
  )

  /// Whether a record has these measures; those of older programs have none.
  static func isPresent(in decoder: any Decoder) throws -> Bool {
    try decoder.container(keyedBy: CodingKeys.self).contains(.prefixShare)
  }

  /// Reads the measures from the object of the held-out numbers.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func sides(_ keys: Keys) throws -> RunMetrics.Sides {
      RunMetrics.Sides(
        prompt: try container.decode(Double.self, forKey: keys.prompt),
        noContext: try container.decode(Double.self, forKey: keys.noContext),
        fullContext: try container.decodeIfPresent(Double.self, forKey: keys.fullContext))
    }
    prefixShare = try sides(Self.prefixShareKeys)
    rougeL = try sides(Self.rougeLKeys)
    logLikelihood = try sides(Self.logLikelihoodKeys)
  }

  /// Writes the measures into the object of the held-out numbers.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    for (sides, keys) in [
      (prefixShare, Self.prefixShareKeys), (rougeL, Self.rougeLKeys),
      (logLikelihood, Self.logLikelihoodKeys),
    ] {
      try container.encode(sides.prompt, forKey: keys.prompt)
      try container.encode(sides.noContext, forKey: keys.noContext)
      try container.encodeIfPresent(sides.fullContext, forKey: keys.fullContext)
    }
  }
}
