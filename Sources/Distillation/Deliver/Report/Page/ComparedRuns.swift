import JSON

/// The page of several runs: their numbers in one table, their curves in the same axes.
struct ComparedRuns {
  private let runs: [RunReport]
  private let price: Price?

  init(_ runs: [RunReport], _ price: Price?) { (self.runs, self.price) = (runs, price) }

  var content: PageContent {
    let sections: [Markup?] = [
      RunTable(runs: runs, price: price, notes: notes).section, TradeOff(runs: runs).section,
      TrainingCharts(runs).section, differences, made,
    ]
    return PageContent(
      title: "\(Counted(runs.count, "run")) side by side", subtitle: subtitle,
      sections: sections.compactMap(\.self))
  }

  private var origins: [RunMetrics.Origin] { runs.compactMap(\.metrics.origin) }

  private var subtitle: String {
    let models = Set(origins.map(\.model)).sorted()
    return models.isEmpty ? "" : "of \(models.joined(separator: " and "))"
  }

  /// What keeps numbers from being comparable.
  private var notes: [String] {
    var notes: [String] = []
    if Set(origins.map(\.validationDigest)).count > 1 {
      notes.append(
        "The runs were judged on different held-out prompts, so their numbers differ for that reason "
          + "too.")
    }
    if Set(origins.map(\.contextDigest)).count > 1 {
      notes.append("The runs replace different contexts, or in another template.")
    }
    if price == nil, Set(runs.compactMap { $0.metrics.price?.ofMillion }).count > 1 {
      notes.append(
        "Costs are by the price that each run was given, and the runs were given several.")
    }
    if origins.count < runs.count {
      notes.append("Runs of older programs do not record how they were made.")
    }
    return notes
  }

  /// The options in which the runs differ.
  private var differences: Markup? {
    let settings = runs.map { run in
      Dictionary(
        (run.metrics.origin?.options.pageSettings ?? []).map { ($0.name, $0.value) },
        uniquingKeysWith: { first, _ in first })
    }
    let names = Set(settings.flatMap(\.keys)).sorted().filter { name in
      Set(settings.map { $0[name] }).count > 1
    }
    guard !names.isEmpty, origins.count == runs.count else { return nil }
    return PageSection.titled("The options in which they differ") {
      PageSection.table(
        heading: [""] + names,
        rows: zip(runs, settings).map { run, values in [run.name] + names.map { values[$0] ?? "" } }
      )
    }
  }

  /// What each run was made with.
  private var made: Markup {
    PageSection.titled("How they were made") {
      PageSection.table(
        heading: ["", "model", "device", "seed", "steps", "date", "version"],
        rows: runs.map { run in
          let origin = run.metrics.origin
          return [
            run.name, origin?.model ?? "", run.metrics.device, "\(run.metrics.seed)",
            origin.map { "\($0.steps)" } ?? "", origin.map { "\($0.date.prefix(10))" } ?? "",
            origin?.version ?? "",
          ]
        })
    }
  }
}
