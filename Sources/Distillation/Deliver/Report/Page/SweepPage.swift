import JSON

/// The page of a sweep: what each size leaves, and which one is delivered.
struct SweepPage {
  let record: SweepRecord
  let runs: [RunReport]
  let price: Price?

  private var chosen: RunReport? { runs.first { $0.name == record.delivered } }

  var content: PageContent {
    let table = RunTable(
      runs: runs, price: price, title: "All sizes", notes: [choice], chosen: chosen?.name)
    let sections: [Markup?] = [
      table.section, TradeOff(runs: runs, budget: record.budget).section, starts,
      TrainingCharts(runs).section, chosen.flatMap { WorstAnswers(answers: $0.answers).section },
      (chosen ?? runs.first).map { ProvenanceSection(run: $0).section },
    ]
    return PageContent(
      title: title, subtitle: subtitle, sections: sections.compactMap(\.self))
  }

  private var title: String {
    guard let chosen else { return "No prompt is within the budget" }
    let metrics = chosen.metrics
    return "\(Counted(metrics.pseudoTokens, "pseudo-token")) "
      + (metrics.contextTokens > 0
        ? "in place of \(Decimals.grouped(metrics.contextTokens)) tokens"
        : "trained on given responses")
  }

  private var measure: String {
    (runs.first?.metrics.origin?.options.loss ?? .forwardKL).heldOutName
  }

  private var subtitle: String {
    let model = runs.first?.metrics.origin.map { " of \($0.model)" } ?? ""
    return "A sweep over \(Counted(runs.count, "size"))\(model)"
  }

  /// Which run is delivered, and why.
  private var choice: String {
    let budget = record.budget.map { "the budget, a held-out KL of \(Decimals.significant($0, 4))" }
    switch (chosen, budget) {
    case (let chosen?, let budget?):
      return
        "Delivered: \(chosen.name), the smallest within \(budget); of equal tokens the one with "
        + "fewer bytes. All others are kept in their folders."
    case (let chosen?, nil):
      return
        "Delivered: \(chosen.name), which has the lowest held-out \(measure); no budget was given."
    case (nil, let budget):
      return
        "Nothing is delivered: none is within \(budget ?? "the budget"). All are kept in their "
        + "folders."
    }
  }

  /// Where each training started.
  private var starts: Markup {
    PageSection.titled("Where each began") {
      Tag.paragraph {
        "All were trained and judged against one cache of the teacher's answers and scores."
      }
      PageSection.definitions(record.members.map { ($0.folder, $0.start) })
    }
  }
}
