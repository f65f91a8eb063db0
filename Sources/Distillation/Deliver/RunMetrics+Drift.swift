import JSON

extension RunMetrics {
  /// Divergence from the bare model, which has nothing in place of the context, on prompts that
  /// have nothing to do with the context. The drift of the full context shows what the context
  /// itself does.
  package struct Drift: Sendable, Equatable, Codable {
    /// Number of compared prompts and of their answers' tokens.
    package var basis: Basis
    /// KL(bare || student) with the soft prompt, in nats per token.
    package var kl: Double
    /// KL(bare || teacher) with the full context; nil without one.
    package var klFullContext: Double?
    /// The fraction of tokens for which bare model and student have the same most likely token.
    package var top1Agreement: Double
    /// The same of bare model and teacher.
    package var top1AgreementFullContext: Double?
    /// Intervals of 95 % of the soft prompt's numbers; nil where there is one prompt alone.
    package var intervals: Intervals?

    /// Confidence intervals by bootstrap over the prompts.
    package struct Intervals: Sendable, Equatable, Codable {
      package var kl: Interval
      package var top1Agreement: Interval

      /// Some intervals.
      package init(kl: Interval, top1Agreement: Interval) {
        self.kl = kl
        self.top1Agreement = top1Agreement
      }

      private enum CodingKeys: String, CodingKey {
        case kl
        case top1Agreement = "top1_agreement"
      }
    }

    /// Drift of these numbers.
    package init(
      basis: Basis, kl: Double, klFullContext: Double?, top1Agreement: Double,
      top1AgreementFullContext: Double?, intervals: Intervals? = nil
    ) {
      self.basis = basis
      self.kl = kl
      self.klFullContext = klFullContext
      self.top1Agreement = top1Agreement
      self.top1AgreementFullContext = top1AgreementFullContext
      self.intervals = intervals
    }

    /// Drift of scores against the bare model.
    ///
    /// - Parameter tokens: response tokens of each prompt.
    init(_ student: ExampleScores, withContext: ExampleScores, tokens: [Int]) {
      self.init(
        basis: Basis(examples: tokens.count, responseTokens: tokens.reduce(0, +)),
        kl: student.all.kl, klFullContext: withContext.all.kl,
        top1Agreement: student.all.agreement,
        top1AgreementFullContext: withContext.all.agreement)
      let found = Bootstrap(examples: tokens.count)?.intervals { chosen in
        let count = chosen.reduce(0) { $0 + Double(tokens[$1]) }
        return [
          chosen.map { student.kl[$0] }.meanDivergence(tokens: count),
          chosen.reduce(0) { $0 + student.agreeing[$1] } / count,
        ]
      }
      intervals = found.map { Intervals(kl: $0[0], top1Agreement: $0[1]) }
    }

    private enum CodingKeys: String, CodingKey {
      case kl, basis
      case klFullContext = "kl_full_context"
      case top1Agreement = "top1_agreement"
      case top1AgreementFullContext = "top1_agreement_full_context"
      case intervals = "intervals_95"
    }
  }
}

extension RunMetrics.Validation {
  /// The definition of drift with the number of its prompts; nil where none was measured.
  package var driftSentence: String? {
    drift.map { drift in
      "\(Self.driftMeasure) Measured on \(Counted(drift.basis.examples, "prompt")) with "
        + "\(Counted(drift.basis.responseTokens, "token")) of responses: the bare model's greedy "
        + "answers, where a prompt has none of its own."
    }
  }
}
