import JSON

extension RunMetrics.Validation {
  /// What a prompt beside others does, in one sentence; nil for one that was trained alone.
  package var besideSentence: String? {
    guard let beside, let gapClosed else { return nil }
    return "These are the numbers of this prompt behind "
      + "\(Counted(beside.withoutPrompt.pseudoTokens, "pseudo-token")) of "
      + "\(Counted(beside.others.count, "other prompt")), as it was trained: together they close "
      + "\(Decimals.percent(gapClosed)) of the gap, without this prompt "
      + "\(Decimals.percent(beside.withoutPrompt.gapClosed ?? 0)), and this prompt alone, as its files "
      + "hold it, "
      + "\(Decimals.percent(beside.alone.gapClosed ?? 0))."
  }
}

extension RunMetrics.Validation {
  /// These numbers without those that compare with a context, of a run that has none.
  var withoutContext: RunMetrics.Validation {
    var numbers = self
    (numbers.kl, numbers.klNoContext, numbers.gapClosed) = (nil, nil, nil)
    (numbers.top1Agreement, numbers.top1AgreementNoContext) = (nil, nil)
    numbers.exactMatchFullContext = nil
    numbers.answers?.prefixShare.fullContext = nil
    numbers.answers?.rougeL.fullContext = nil
    numbers.answers?.logLikelihood.fullContext = nil
    numbers.drift?.klFullContext = nil
    numbers.drift?.top1AgreementFullContext = nil
    if let beside {
      numbers.beside?.alone = beside.alone.withoutContext
      numbers.beside?.withoutPrompt = beside.withoutPrompt.withoutContext
    }
    numbers.intervals?.kl = nil
    numbers.intervals?.gapClosed = nil
    numbers.intervals?.top1Agreement = nil
    return numbers
  }
}

extension RunMetrics.Validation: Codable {
  private enum CodingKeys: String, CodingKey {
    case kl, basis, drift, windows, beside, teacher
    case intervals = "intervals_95"
    case klNoContext = "kl_no_context"
    case gapClosed = "gap_closed"
    case top1Agreement = "top1_agreement"
    case top1AgreementNoContext = "top1_agreement_no_context"
    case exactMatch = "exact_match"
    case exactMatchFullContext = "exact_match_full_context"
    case exactMatchNoContext = "exact_match_no_context"
  }

  /// Reads held-out numbers, also those of older programs, which have fewer.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Double? {
      try container.decodeIfPresent(Double.self, forKey: key)
    }
    self.init(
      kl: try number(.kl), klNoContext: try number(.klNoContext),
      top1Agreement: try number(.top1Agreement),
      top1AgreementNoContext: try number(.top1AgreementNoContext),
      exactMatch: try container.decode(Double.self, forKey: .exactMatch),
      exactMatchFullContext: try number(.exactMatchFullContext),
      exactMatchNoContext: try container.decode(Double.self, forKey: .exactMatchNoContext),
      answers: try RunMetrics.Answers.isPresent(in: decoder)
        ? RunMetrics.Answers(from: decoder) : nil,
      drift: try container.decodeIfPresent(RunMetrics.Drift.self, forKey: .drift),
      basis: try container.decodeIfPresent(RunMetrics.Basis.self, forKey: .basis),
      intervals: try container.decodeIfPresent(RunMetrics.Intervals.self, forKey: .intervals),
      windows: try container.decodeIfPresent(RunMetrics.Windows.self, forKey: .windows))
    gapClosed = try number(.gapClosed)
    toolCalls = try RunMetrics.ToolCalls.isPresent(in: decoder) ? .init(from: decoder) : nil
    beside = try container.decodeIfPresent(RunMetrics.Beside.self, forKey: .beside)
    teacher = try container.decodeIfPresent(RunMetrics.TeacherReading.self, forKey: .teacher)
  }

  /// Writes the held-out numbers; those of answers stand beside the others.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(kl, forKey: .kl)
    try container.encodeIfPresent(klNoContext, forKey: .klNoContext)
    try container.encodeIfPresent(gapClosed, forKey: .gapClosed)
    try container.encodeIfPresent(top1Agreement, forKey: .top1Agreement)
    try container.encodeIfPresent(top1AgreementNoContext, forKey: .top1AgreementNoContext)
    try container.encode(exactMatch, forKey: .exactMatch)
    try container.encodeIfPresent(exactMatchFullContext, forKey: .exactMatchFullContext)
    try container.encode(exactMatchNoContext, forKey: .exactMatchNoContext)
    try answers?.encode(to: encoder)
    try toolCalls?.encode(to: encoder)
    try container.encodeIfPresent(drift, forKey: .drift)
    try container.encodeIfPresent(basis, forKey: .basis)
    try container.encodeIfPresent(intervals, forKey: .intervals)
    try container.encodeIfPresent(windows, forKey: .windows)
    try container.encodeIfPresent(beside, forKey: .beside)
    try container.encodeIfPresent(teacher, forKey: .teacher)
  }
}
