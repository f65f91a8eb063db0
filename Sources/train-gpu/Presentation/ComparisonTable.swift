import Distillation

/// No context, learned prompt and full context side by side.
struct ComparisonTable {
  let validation: RunMetrics.Validation
  /// Without a context there is nothing to compare with but the model alone.
  var hasContext = true

  /// The definition of no context, for the help of the commands that compare with it.
  static let noContext = """
    "No context" in reports is the same chat template with nothing in the context's place, so an empty \
    system message where the context is one; without a template it is the prompt alone.
    """

  var text: String {
    let windows = validation.windows
    let rows =
      [validation.comparisonHeading(hasContext: hasContext)]
      + validation.comparison(hasContext: hasContext)
    let cells = rows.map {
      $0.cells(
        hasIntervals: validation.intervals != nil, hasWindows: windows != nil,
        hasContext: hasContext)
    }
    let table = TextTable(
      columns: [.left] + [TextTable.Alignment](repeating: .right, count: cells[0].count - 1),
      rows: cells)
    let measures = [
      RunMetrics.Validation.measures(hasContext: hasContext), validation.toolCalls?.sentence,
      validation.driftSentence,
    ]
    let sentences = [
      hasContext ? validation.gapSentence : nil, validation.teacherSentence,
      validation.besideSentence,
      windows?.sentence, validation.basisSentence, validation.fewSentence,
    ]
    return """
      \(table.text)

      \(measures.compactMap(\.self).joined(separator: " "))

      \(sentences.compactMap(\.self).joined(separator: "\n"))
      """
  }
}
