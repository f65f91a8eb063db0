import JSON

/// The page of one run.
struct RunPage {
  let run: RunReport
  let price: Price?

  private var metrics: RunMetrics { run.metrics }

  private var hasContext: Bool { metrics.contextTokens > 0 }

  var content: PageContent {
    let sections: [Markup?] = [
      tiles, TrainingCharts([run]).section, ComparisonSection(metrics).section,
      WorstAnswers(answers: run.answers).section,
      ForgottenSection(facts: ForgottenFacts(answers: run.answers)).section,
      hasContext ? CallSection(metrics: metrics, price: price).section : nil,
      ProvenanceSection(run: run).section,
    ]
    let replaced =
      hasContext
      ? "in place of \(Decimals.grouped(metrics.contextTokens)) tokens"
      : "trained on given responses"
    return PageContent(
      title: "\(Counted(metrics.pseudoTokens, "pseudo-token")) \(replaced)",
      subtitle: subtitle, sections: sections.compactMap(\.self))
  }

  private var subtitle: String {
    guard let origin = metrics.origin else { return run.name }
    return "\(origin.options.method.title) for \(origin.model), \(origin.date.prefix(10))"
  }

  /// The numbers that a reader looks for first.
  private var tiles: Markup {
    Tag.div(.classes("tiles")) {
      if hasContext {
        Self.tile(
          "\(Decimals.text(metrics.compressionRatio, 1))×", "fewer tokens before every prompt")
      }
      if let validation = metrics.validation {
        if hasContext { divergenceTiles(validation) } else { responseTile(validation) }
        Self.tile(
          Decimals.percent(validation.exactMatch),
          hasContext
            ? "exact match; full context \(Decimals.percent(validation.exactMatchFullContext))"
            : "exact match; no prompt \(Decimals.percent(validation.exactMatchNoContext))")
      }
    }
  }

  private func divergenceTiles(_ validation: RunMetrics.Validation) -> [Markup] {
    [
      Self.tile(Decimals.percent(validation.gapClosed), "of the gap to the full context is closed"),
      Self.tile(
        Decimals.text(validation.kl, 4),
        "held-out KL; without context \(Decimals.text(validation.klNoContext, 4))"),
    ]
  }

  private func responseTile(_ validation: RunMetrics.Validation) -> [Markup] {
    guard let likelihood = validation.answers?.logLikelihood else { return [] }
    return [
      Self.tile(
        Decimals.text(likelihood.prompt, 3),
        "log-likelihood of a response's token; no prompt "
          + Decimals.text(likelihood.noContext, 3))
    ]
  }

  private static func tile(_ value: String, _ label: String) -> Markup {
    Tag.div(.classes("tile")) {
      Tag.div(.classes("value")) { value }
      Tag.small { label }
    }
  }
}

extension TrainingOptions.Method {
  /// What is learned, at the beginning of a sentence.
  var title: String {
    switch self {
    case .embeddings: "A soft prompt"
    case .keysValues: "Keys and values of every layer"
    }
  }
}
