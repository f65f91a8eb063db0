extension RunMetrics.Validation: Codable {
  private enum CodingKeys: String, CodingKey {
    case kl, basis, drift, windows
    case intervals = "intervals_95"
    case klNoContext = "kl_no_context"
    case gapClosed = "gap_closed"
    case top1Agreement = "top1_agreement"
    case exactMatch = "exact_match"
    case exactMatchFullContext = "exact_match_full_context"
    case exactMatchNoContext = "exact_match_no_context"
  }

  /// Reads held-out numbers, also those of older programs, which have fewer.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Double {
      try container.decode(Double.self, forKey: key)
    }
    self.init(
      kl: try number(.kl), klNoContext: try number(.klNoContext),
      top1Agreement: try number(.top1Agreement), exactMatch: try number(.exactMatch),
      exactMatchFullContext: try number(.exactMatchFullContext),
      exactMatchNoContext: try number(.exactMatchNoContext),
      answers: try RunMetrics.Answers.isPresent(in: decoder)
        ? RunMetrics.Answers(from: decoder) : nil,
      drift: try container.decodeIfPresent(RunMetrics.Drift.self, forKey: .drift),
      basis: try container.decodeIfPresent(RunMetrics.Basis.self, forKey: .basis),
      intervals: try container.decodeIfPresent(RunMetrics.Intervals.self, forKey: .intervals),
      windows: try container.decodeIfPresent(RunMetrics.Windows.self, forKey: .windows))
    gapClosed = try number(.gapClosed)
  }

  /// Writes the held-out numbers; those of answers stand beside the others.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kl, forKey: .kl)
    try container.encode(klNoContext, forKey: .klNoContext)
    try container.encode(gapClosed, forKey: .gapClosed)
    try container.encode(top1Agreement, forKey: .top1Agreement)
    try container.encode(exactMatch, forKey: .exactMatch)
    try container.encode(exactMatchFullContext, forKey: .exactMatchFullContext)
    try container.encode(exactMatchNoContext, forKey: .exactMatchNoContext)
    try answers?.encode(to: encoder)
    try container.encodeIfPresent(drift, forKey: .drift)
    try container.encodeIfPresent(basis, forKey: .basis)
    try container.encodeIfPresent(intervals, forKey: .intervals)
    try container.encodeIfPresent(windows, forKey: .windows)
  }
}
