/// The rows of measures that reports of older programs lack.
extension RunReadme {
  /// Rows of the table of held-out numbers: measures of answers, and drift.
  ///
  /// - Parameter interval: an interval times a scale with this many digits.
  func answerRows(
    _ validation: RunMetrics.Validation,
    _ interval: (_ interval: Interval?, _ scale: Double, _ digits: Int) -> String
  ) -> String {
    func row(
      _ name: String, _ sides: RunMetrics.Sides, _ range: Interval?, scale: Double, _ digits: Int
    ) -> String {
      let cells = [sides.noContext, sides.prompt, sides.fullContext].map { value in
        value.map { scale == 100 ? Decimals.percent($0) : Decimals.text(scale * $0, digits) } ?? ""
      }
      return "\n| \(name) | \(cells[0]) | \(cells[1]) | "
        + "\(interval(range, scale, digits)) |\(fullContext(cells[2]))"
    }
    var rows = ""
    if let answers = validation.answers {
      let ranges = validation.intervals
      rows += row(
        "answer before first difference", answers.prefixShare, ranges?.prefixShare, scale: 100, 1)
      rows += row("ROUGE-L", answers.rougeL, ranges?.rougeL, scale: 1, 3)
      rows += row("log-likelihood", answers.logLikelihood, ranges?.logLikelihood, scale: 1, 3)
    }
    if let calls = validation.toolCalls {
      rows += row(
        "exact tool calls", calls.exact, validation.intervals?.toolCalls, scale: 100, 1)
    }
    if let drift = validation.drift {
      let kl = RunMetrics.Sides(
        prompt: drift.kl, noContext: 0, fullContext: drift.klFullContext)
      let agreement = RunMetrics.Sides(
        prompt: drift.top1Agreement, noContext: 1, fullContext: drift.top1AgreementFullContext)
      rows += row("drift: KL", kl, drift.intervals?.kl, scale: 1, 4)
      rows += row(
        "drift: top-1 agreement", agreement, drift.intervals?.top1Agreement, scale: 100, 1)
    }
    return rows
  }
}
