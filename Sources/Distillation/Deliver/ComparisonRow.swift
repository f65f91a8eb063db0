/// A row of the comparison of no context, learned prompt and full context, in texts.
package struct ComparisonRow: Sendable, Equatable {
  /// The measure.
  package var name: String
  package var noContext: String
  /// After the best window of a context that is read in several; empty where there is none.
  package var bestWindow: String
  package var learnedPrompt: String
  /// The interval of 95 % of the learned prompt's number; empty where there is none.
  package var interval: String
  package var fullContext: String

  /// A row.
  package init(
    _ name: String, noContext: String, bestWindow: String = "", learnedPrompt: String,
    interval: String, fullContext: String
  ) {
    self.name = name
    self.noContext = noContext
    self.bestWindow = bestWindow
    self.learnedPrompt = learnedPrompt
    self.interval = interval
    self.fullContext = fullContext
  }

  /// The cells, without the columns that no row has.
  ///
  /// - Parameters:
  ///   - hasIntervals: whether there is a column of intervals.
  ///   - hasWindows: whether there is a column of the best window.
  ///   - hasContext: whether there is a column of the full context.
  package func cells(hasIntervals: Bool, hasWindows: Bool, hasContext: Bool) -> [String] {
    [name, noContext] + (hasWindows ? [bestWindow] : []) + [learnedPrompt]
      + (hasIntervals ? [interval] : []) + (hasContext ? [fullContext] : [])
  }
}

extension RunMetrics.Validation {
  /// The heading of the comparison's columns; without a context there is the model alone to compare
  /// with.
  package func comparisonHeading(hasContext: Bool) -> ComparisonRow {
    ComparisonRow(
      "", noContext: hasContext ? "no context" : "no prompt", bestWindow: "best window",
      learnedPrompt: "learned prompt",
      interval: "95 % interval", fullContext: windows == nil ? "full context" : "own window")
  }

  /// The rows of the comparison.
  package func comparison(hasContext: Bool) -> [ComparisonRow] {
    (hasContext ? divergenceRows : []) + [
      ComparisonRow(
        "exact match", noContext: Decimals.percent(exactMatchNoContext),
        learnedPrompt: Decimals.percent(exactMatch),
        interval: Self.text(intervals?.exactMatch, Decimals.percent),
        fullContext: exactMatchFullContext.map(Decimals.percent) ?? "")
    ] + answerRows + toolCallRows + driftRows
  }

  /// Divergence from the full context.
  private var divergenceRows: [ComparisonRow] {
    guard let kl, let klNoContext, let top1Agreement else { return [] }
    return [
      ComparisonRow(
        "KL, nats a token", noContext: Self.fine(klNoContext),
        bestWindow: windows.map { Self.fine($0.kl) } ?? "", learnedPrompt: Self.fine(kl),
        interval: Self.text(intervals?.kl, Self.fine), fullContext: "0"),
      ComparisonRow(
        "top-1 agreement", noContext: top1AgreementNoContext.map(Decimals.percent) ?? "",
        bestWindow: windows.map { Decimals.percent($0.top1Agreement) } ?? "",
        learnedPrompt: Decimals.percent(top1Agreement),
        interval: Self.text(intervals?.top1Agreement, Decimals.percent), fullContext: "100.0 %"),
    ]
  }

  /// Measures of greedy answers and of the recorded responses.
  private var answerRows: [ComparisonRow] {
    guard let answers else { return [] }
    func number(_ value: Double) -> String { Decimals.text(value, 3) }
    return [
      Self.row(
        "answer before first difference", answers.prefixShare, intervals?.prefixShare,
        Decimals.percent),
      Self.row("ROUGE-L", answers.rougeL, intervals?.rougeL, number),
      Self.row(
        "log-likelihood, nats a token", answers.logLikelihood, intervals?.logLikelihood, number),
    ]
  }

  /// Calls of tools, where recorded responses have some.
  private var toolCallRows: [ComparisonRow] {
    guard let toolCalls else { return [] }
    return [
      Self.row("exact tool calls", toolCalls.exact, intervals?.toolCalls, Decimals.percent)
    ]
  }

  /// Divergence from the bare model on unrelated prompts.
  private var driftRows: [ComparisonRow] {
    guard let drift else { return [] }
    return [
      Self.row(
        "drift: KL, nats a token",
        .init(prompt: drift.kl, noContext: 0, fullContext: drift.klFullContext),
        drift.intervals?.kl, Self.fine),
      Self.row(
        "drift: top-1 agreement",
        .init(
          prompt: drift.top1Agreement, noContext: 1,
          fullContext: drift.top1AgreementFullContext),
        drift.intervals?.top1Agreement, Decimals.percent),
    ]
  }

  private static func row(
    _ name: String, _ sides: RunMetrics.Sides, _ interval: Interval?,
    _ format: (Double) -> String
  ) -> ComparisonRow {
    ComparisonRow(
      name, noContext: format(sides.noContext), learnedPrompt: format(sides.prompt),
      interval: text(interval, format), fullContext: sides.fullContext.map(format) ?? "")
  }

  private static func fine(_ value: Double) -> String { Decimals.text(value, 4) }

  private static func text(_ interval: Interval?, _ format: (Double) -> String) -> String {
    interval.map { "\(format($0.low)) to \(format($0.high))" } ?? ""
  }
}
