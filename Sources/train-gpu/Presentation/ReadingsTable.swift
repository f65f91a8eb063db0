import Distillation

/// Several learned prompts, each alone and all together, against the same teacher.
struct ReadingsTable {
  let validation: RunMetrics.Validation
  let noContext: HeldOut
  /// Rows of all prompts.
  let pseudoTokens: Int
  /// Each prompt alone, with its name.
  let alone: [(name: String, reading: RunMetrics.Reading)]

  var text: String {
    let rows =
      [
        ["", "pseudo-tokens", "KL, nats a token", "gap closed", "top-1 agreement", "exact match"],
        row(
          "no context", tokens: 0, kl: noContext.kl, gap: 0, agreement: noContext.agreement,
          exact: validation.exactMatchNoContext),
      ]
      + alone.map { name, reading in
        row(
          "\(name) alone", tokens: reading.pseudoTokens, kl: reading.kl, gap: reading.gapClosed,
          agreement: reading.top1Agreement, exact: reading.exactMatch)
      } + [
        row(
          "together", tokens: pseudoTokens, kl: validation.kl, gap: validation.gapClosed,
          agreement: validation.top1Agreement, exact: validation.exactMatch)
      ]
    return TextTable(
      columns: [.left] + [TextTable.Alignment](repeating: .right, count: rows[0].count - 1),
      rows: rows
    ).text
  }

  private func row(
    _ name: String, tokens: Int, kl: Double?, gap: Double?, agreement: Double?, exact: Double
  ) -> [String] {
    [
      name.printable, "\(tokens)", kl.map { Decimals.text($0, 4) } ?? "",
      gap.map(Decimals.percent) ?? "", agreement.map(Decimals.percent) ?? "",
      Decimals.percent(exact),
    ]
  }
}
