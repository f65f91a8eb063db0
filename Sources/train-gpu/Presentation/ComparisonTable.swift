import Distillation

/// No context, learned prompt and full context side by side.
struct ComparisonTable {
  let validation: RunMetrics.Validation
  let noContext: HeldOut

  /// The definition of no context, for the help of the commands that compare with it.
  static let noContext = """
    "No context" in reports is the same chat template with nothing in the context's place, so an empty \
    system message where the context is one; without a template it is the prompt alone.
    """

  var text: String {
    let intervals = validation.intervals
    let windows = validation.windows
    let rows =
      [
        Row(
          "", "no context", "learned prompt", "95 % interval",
          windows == nil ? "full context" : "own window", window: "best window"),
        Row(
          "KL, nats a token", Format.number(validation.klNoContext, 4),
          Format.number(validation.kl, 4), interval(intervals?.kl) { Format.number($0, 4) }, "0",
          window: windows.map { Format.number($0.kl, 4) } ?? ""),
        Row(
          "top-1 agreement", Format.percent(noContext.agreement),
          Format.percent(validation.top1Agreement),
          interval(intervals?.top1Agreement, Format.percent), "100.0 %",
          window: windows.map { Format.percent($0.top1Agreement) } ?? ""),
        Row(
          "exact match", Format.percent(validation.exactMatchNoContext),
          Format.percent(validation.exactMatch), interval(intervals?.exactMatch, Format.percent),
          Format.percent(validation.exactMatchFullContext)),
      ] + answerRows + driftRows
    let cells = rows.map { $0.cells(hasIntervals: intervals != nil, hasWindows: windows != nil) }
    let table = TextTable(
      columns: [.left] + [TextTable.Alignment](repeating: .right, count: cells[0].count - 1),
      rows: cells)
    let measures = [RunMetrics.Validation.measures, validation.driftSentence]
    let sentences = [
      validation.gapSentence, validation.besideSentence, windows?.sentence,
      validation.basisSentence, validation.fewSentence,
    ]
    return """
      \(table.text)

      \(measures.compactMap(\.self).joined(separator: " "))

      \(sentences.compactMap(\.self).joined(separator: "\n"))
      """
  }

  /// A row; its columns of the interval and of the best window are left out where there are none.
  private struct Row {
    let name: String
    let noContext: String
    let prompt: String
    let interval: String
    let fullContext: String
    let window: String

    init(
      _ name: String, _ noContext: String, _ prompt: String, _ interval: String,
      _ fullContext: String, window: String = ""
    ) {
      (self.name, self.noContext, self.prompt) = (name, noContext, prompt)
      (self.interval, self.fullContext, self.window) = (interval, fullContext, window)
    }

    func cells(hasIntervals: Bool, hasWindows: Bool) -> [String] {
      [name, noContext] + (hasWindows ? [window] : []) + [prompt]
        + (hasIntervals ? [interval] : []) + [fullContext]
    }
  }

  /// Measures of greedy answers and of the recorded responses.
  private var answerRows: [Row] {
    guard let answers = validation.answers else { return [] }
    let ranges = validation.intervals
    func number(_ value: Double) -> String { Format.number(value, 3) }
    return [
      row(
        "answer before first difference", answers.prefixShare, ranges?.prefixShare, Format.percent),
      row("ROUGE-L", answers.rougeL, ranges?.rougeL, number),
      row("log-likelihood, nats a token", answers.logLikelihood, ranges?.logLikelihood, number),
    ]
  }

  /// Divergence from the bare model on unrelated prompts.
  private var driftRows: [Row] {
    guard let drift = validation.drift else { return [] }
    return [
      row(
        "drift: KL, nats a token",
        .init(prompt: drift.kl, noContext: 0, fullContext: drift.klFullContext),
        drift.intervals?.kl
      ) { Format.number($0, 4) },
      row(
        "drift: top-1 agreement",
        .init(
          prompt: drift.top1Agreement, noContext: 1,
          fullContext: drift.top1AgreementFullContext),
        drift.intervals?.top1Agreement, Format.percent),
    ]
  }

  private func row(
    _ name: String, _ sides: RunMetrics.Sides, _ range: Interval?, _ format: (Double) -> String
  ) -> Row {
    Row(
      name, format(sides.noContext), format(sides.prompt), interval(range, format),
      format(sides.fullContext))
  }

  private func interval(_ interval: Interval?, _ format: (Double) -> String) -> String {
    interval.map { "\(format($0.low)) to \(format($0.high))" } ?? ""
  }
}
