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
      hasContext ? CallSection(metrics: metrics, price: price ?? metrics.price).section : nil,
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
      if let ratio = metrics.compressionRatio {
        Self.tile("\(Decimals.text(ratio, 1))×", "fewer tokens before every prompt")
      }
      if let validation = metrics.validation {
        if hasContext { divergenceTiles(validation) }
        responseTile
        Self.tile(Decimals.percent(validation.exactMatch), "exact match; \(reference(validation))")
      }
      if !hasContext, let price = price ?? metrics.price {
        Self.tile(
          Decimals.significant(price.ofThousandCalls(tokens: metrics.pseudoTokens), 3),
          "cost of the prompt in 1,000 calls")
      }
    }
  }

  private func divergenceTiles(_ validation: RunMetrics.Validation) -> [Markup] {
    guard let kl = validation.kl, let klNoContext = validation.klNoContext,
      let gapClosed = validation.gapClosed
    else { return [] }
    return [
      Self.tile(Decimals.percent(gapClosed), "of the gap to the full context is closed"),
      Self.tile(
        Decimals.text(kl, 4), "held-out KL; without context \(Decimals.text(klNoContext, 4))"),
    ]
  }

  /// What a training on given responses lowers.
  private var responseTile: [Markup] {
    guard let loss = metrics.heldOutCrossEntropy, let bare = metrics.crossEntropyNoContext else {
      return []
    }
    return [
      Self.tile(
        Decimals.text(loss, 3),
        "held-out cross-entropy, nats a token; \(hasContext ? "without context" : "no prompt") "
          + Decimals.text(bare, 3))
    ]
  }

  /// What exact match is compared with.
  private func reference(_ validation: RunMetrics.Validation) -> String {
    hasContext
      ? "full context \(Decimals.percent(validation.exactMatchFullContext ?? 0))"
      : "no prompt \(Decimals.percent(validation.exactMatchNoContext))"
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
