/// The numbers of several runs, a row each.
struct RunTable {
  let runs: [RunReport]
  let price: Price?
  var title = "Side by side"
  /// Sentences below the table.
  var notes: [String] = []
  /// The name of the run whose row stands out.
  var chosen: String?

  private struct Column {
    let heading: String
    let text: (RunReport) -> String?
  }

  private var columns: [Column] {
    let all = [
      Column(heading: "tokens") { Decimals.grouped($0.metrics.pseudoTokens) },
      Column(heading: "held-out KL") { $0.metrics.validation.map { Decimals.text($0.kl, 4) } },
      Column(heading: "95 % interval") {
        $0.metrics.validation?.intervals.map {
          "\(Decimals.text($0.kl.low, 4)) to \(Decimals.text($0.kl.high, 4))"
        }
      },
      Column(heading: "gap closed") {
        $0.metrics.validation.map { Decimals.percent($0.gapClosed) }
      },
      Column(heading: "top-1") {
        $0.metrics.validation.map { Decimals.percent($0.top1Agreement) }
      },
      Column(heading: "exact match") {
        $0.metrics.validation.map { Decimals.percent($0.exactMatch) }
      },
      Column(heading: "times fewer") { Decimals.text($0.metrics.compressionRatio, 1) },
      Column(heading: "file") { $0.metrics.sizes.map { Decimals.bytes($0.prompt) } },
      Column(heading: "KV, 16 bits") { $0.metrics.sizes.map { Decimals.bytes($0.promptCache) } },
      Column(heading: "1,000 calls") { run in
        price.map {
          Decimals.significant($0.ofThousandCalls(tokens: run.metrics.pseudoTokens), 3)
        }
      },
      Column(heading: "method") { $0.method?.rawValue },
      Column(heading: "training") { Decimals.duration($0.metrics.timing.trainSeconds) },
    ]
    // A column that no run fills says nothing.
    return all.filter { column in runs.contains { column.text($0) != nil } }
  }

  var section: Markup {
    let columns = columns
    return PageSection.titled(title) {
      Tag.div(.classes("scroll")) {
        Tag.table {
          Tag.tableHead {
            Tag.row { for heading in [""] + columns.map(\.heading) { Tag.headCell { heading } } }
          }
          Tag.tableBody {
            for run in runs {
              PageSection.row(
                [run.name] + columns.map { $0.text(run) ?? "" },
                emphasis: columns.firstIndex { $0.heading == "held-out KL" }.map { $0 + 1 },
                isChosen: run.name == chosen)
            }
          }
        }
      }
      for note in notes { Tag.paragraph { note } }
    }
  }
}
