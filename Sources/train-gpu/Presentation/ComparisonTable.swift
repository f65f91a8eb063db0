import Distillation

/// No context, soft prompt and full context side by side.
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
    let rows = [
      ["", "no context", "soft prompt", "95 % interval", "full context"],
      [
        "KL, nats a token", Format.number(validation.klNoContext, 4),
        Format.number(validation.kl, 4), interval(intervals?.kl) { Format.number($0, 4) }, "0",
      ],
      [
        "top-1 agreement", Format.percent(noContext.agreement),
        Format.percent(validation.top1Agreement),
        interval(intervals?.top1Agreement, Format.percent), "100.0 %",
      ],
      [
        "exact match", Format.percent(validation.exactMatchNoContext),
        Format.percent(validation.exactMatch), interval(intervals?.exactMatch, Format.percent),
        Format.percent(validation.exactMatchFullContext),
      ],
    ]
    let table = TextTable(
      columns: [.left] + [TextTable.Alignment](repeating: .right, count: intervals == nil ? 3 : 4),
      rows: intervals == nil ? rows.map { Array($0[..<3] + $0[4...]) } : rows)
    let sentences = [validation.gapSentence, validation.basisSentence, validation.fewSentence]
    return """
      \(table.text)

      \(RunMetrics.Validation.measures)

      \(sentences.compactMap(\.self).joined(separator: "\n"))
      """
  }

  private func interval(_ interval: Interval?, _ format: (Double) -> String) -> String {
    interval.map { "\(format($0.low)) to \(format($0.high))" } ?? ""
  }
}
