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

  private static let divergence = "held-out KL"
  private static let crossEntropy = "held-out cross-entropy"

  private var columns: [Column] {
    let all = [
      Column(heading: "tokens") { Decimals.grouped($0.metrics.pseudoTokens) },
      Column(heading: Self.divergence) { $0.metrics.validation?.kl.map { Decimals.text($0, 4) } },
      Column(heading: "95 % interval") {
        $0.metrics.validation?.intervals?.kl.map {
          "\(Decimals.text($0.low, 4)) to \(Decimals.text($0.high, 4))"
        }
      },
      Column(heading: Self.crossEntropy) {
        $0.metrics.heldOutCrossEntropy.map { Decimals.text($0, 4) }
      },
      Column(heading: "gap closed") {
        $0.metrics.validation?.gapClosed.map { Decimals.percent($0) }
      },
      Column(heading: "top-1") {
        $0.metrics.validation?.top1Agreement.map { Decimals.percent($0) }
      },
      Column(heading: "exact match") {
        $0.metrics.validation.map { Decimals.percent($0.exactMatch) }
      },
      Column(heading: "exact tool calls") {
        ($0.metrics.validation?.toolCalls).map { Decimals.percent($0.exact.prompt) }
      },
      Column(heading: "times fewer") {
        $0.metrics.compressionRatio.map { Decimals.text($0, 1) }
      },
      Column(heading: "file") { $0.metrics.sizes.map { Decimals.bytes($0.prompt) } },
      Column(heading: "KV, 16 bits") { $0.metrics.sizes.map { Decimals.bytes($0.promptCache) } },
      Column(heading: "1,000 calls") { run in
        (price ?? run.metrics.price).map {
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
                emphasis: columns.firstIndex {
                  [Self.divergence, Self.crossEntropy].contains($0.heading)
                }.map { $0 + 1 },
                isChosen: run.name == chosen)
            }
          }
        }
      }
      for note in notes { Tag.paragraph { note } }
    }
  }
}
