internal import Inference
internal import Transformer

extension RunMetrics {
  /// One of several readings of the held-out prompts, in numbers.
  package struct Reading: Sendable, Equatable, Codable {
    /// Rows of learned prompts before each prompt.
    package var pseudoTokens: Int
    /// KL(teacher || model), in nats a token; nil without a context, as the next two.
    package var kl: Double?
    /// 1 - kl / that of no context.
    package var gapClosed: Double?
    /// The fraction of response tokens whose most likely token is the teacher's.
    package var top1Agreement: Double?
    /// The fraction of prompts that are answered, greedily, exactly as recorded.
    package var exactMatch: Double

    /// Some numbers.
    package init(
      pseudoTokens: Int, kl: Double, klNoContext: Double, top1Agreement: Double,
      exactMatch: Double
    ) {
      self.pseudoTokens = pseudoTokens
      self.kl = kl
      gapClosed = Validation.gapClosed(kl: kl, klNoContext: klNoContext)
      self.top1Agreement = top1Agreement
      self.exactMatch = exactMatch
    }

    /// This reading without what compares with a context.
    var withoutContext: Reading {
      var reading = self
      (reading.kl, reading.gapClosed, reading.top1Agreement) = (nil, nil, nil)
      return reading
    }

    private enum CodingKeys: String, CodingKey {
      case kl
      case pseudoTokens = "pseudo_tokens"
      case gapClosed = "gap_closed"
      case top1Agreement = "top1_agreement"
      case exactMatch = "exact_match"
    }
  }

  /// A prompt that was trained behind others: what it and they do without each other.
  package struct Beside: Sendable, Equatable, Codable {
    /// The prompts before it.
    package var others: [NeighborRecord]
    /// The others together, without the trained prompt.
    package var withoutPrompt: Reading
    /// The trained prompt alone, moved to where they begin.
    package var alone: Reading

    private enum CodingKeys: String, CodingKey {
      case others, alone
      case withoutPrompt = "without_prompt"
    }
  }
}

extension Judge {
  /// The numbers of the model after each of several prefixes.
  ///
  /// - Parameters:
  ///   - prefixes: header, learned prompts and closing.
  ///   - decoder: the decoder.
  ///   - capacity: the capacity after a prefix.
  ///   - klNoContext: the divergence of no context.
  ///   - progress: called with the prefixes done so far and their number.
  func readings(
    of prefixes: [Prefix], _ decoder: Decoder, capacity: PrefixCapacity, klNoContext: Double,
    progress: (Int, Int) -> Void
  ) throws(TransformerError) -> [RunMetrics.Reading] {
    var readings: [RunMetrics.Reading] = []
    for (index, prefix) in prefixes.enumerated() {
      progress(index, prefixes.count)
      let model = try decoder.prefill(prefix, capacity: capacity)
      let found = try compare(model)
      let answers = try greedyAnswers(of: model)
      let exact = zip(answers, responses).count { $0 == $1 }
      readings.append(
        RunMetrics.Reading(
          pseudoTokens: prefix.learnedRange.count, kl: found.kl, klNoContext: klNoContext,
          top1Agreement: found.agreement,
          exactMatch: Double(exact) / Double(max(answers.count, 1))))
    }
    progress(prefixes.count, prefixes.count)
    return readings
  }
}
