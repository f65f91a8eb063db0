import Distillation

/// No context, soft prompt and full context side by side.
struct ComparisonTable {
  let validation: RunMetrics.Validation
  let noContext: HeldOut

  var text: String {
    let table = TextTable(
      columns: [.left, .right, .right, .right],
      rows: [
        ["", "no context", "soft prompt", "full context"],
        [
          "KL, nats a token", Format.number(validation.klNoContext, 4),
          Format.number(validation.kl, 4), "0",
        ],
        [
          "top-1 agreement", Format.percent(noContext.agreement),
          Format.percent(validation.top1Agreement), "100.0 %",
        ],
        [
          "exact match", Format.percent(validation.exactMatchNoContext),
          Format.percent(validation.exactMatch), Format.percent(validation.exactMatchFullContext),
        ],
      ])
    return table.text
      + "\n\nThe soft prompt closes \(Format.percent(validation.gapClosed)) of the gap."
  }
}
