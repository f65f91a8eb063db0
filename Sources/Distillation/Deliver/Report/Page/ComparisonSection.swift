/// No context, learned prompt and full context side by side, with the intervals.
struct ComparisonSection {
  private let validation: RunMetrics.Validation?
  private let hasContext: Bool
  private let loss: TrainingOptions.Loss

  init(_ metrics: RunMetrics) {
    validation = metrics.validation
    loss = metrics.origin?.options.loss ?? .forwardKL
    hasContext = metrics.contextTokens > 0
  }

  var section: Markup {
    PageSection.titled(
      hasContext ? "Against no context and the full context" : "Against the model alone"
    ) {
      if let validation {
        table(validation)
        for sentence in sentences(validation) { Tag.paragraph { sentence } }
      } else {
        Tag.paragraph { "No examples were held out, so nothing is known about its quality." }
      }
    }
  }

  private func table(_ validation: RunMetrics.Validation) -> Markup {
    func cells(_ row: ComparisonRow) -> [String] {
      row.cells(
        hasIntervals: validation.intervals != nil, hasWindows: validation.windows != nil,
        hasContext: hasContext)
    }
    return PageSection.table(
      heading: cells(validation.comparisonHeading(hasContext: hasContext)),
      rows: validation.comparison(hasContext: hasContext).map(cells),
      emphasis: validation.windows == nil ? 2 : 3)
  }

  private func sentences(_ validation: RunMetrics.Validation) -> [String] {
    [
      validation.gapSentence, validation.teacherSentence, validation.besideSentence,
      validation.windows?.sentence,
      validation.basisSentence, validation.fewSentence, validation.toolCalls?.sentence,
      validation.driftSentence,
      "Of the prompts that the training passed through, this is the one with the lowest "
        + "\(loss.heldOutName) on these examples, so on others it may do a little worse.",
    ].compactMap(\.self)
  }
}
