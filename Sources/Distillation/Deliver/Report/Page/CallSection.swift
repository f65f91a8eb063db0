/// What a call takes with the context and with the learned prompt in its place.
struct CallSection {
  let metrics: RunMetrics
  let price: Price?

  var section: Markup {
    PageSection.titled("What a call takes") {
      PageSection.table(
        heading: ["", "full context", "learned prompt", "times less"], rows: rows, emphasis: 2)
      Tag.paragraph { notes }
    }
  }

  private var rows: [[String]] {
    let (context, prompt) = (metrics.contextTokens, metrics.pseudoTokens)
    var rows = [
      Self.row("tokens before the prompt", context, prompt) { Decimals.grouped($0) }
    ]
    if let sizes = metrics.sizes {
      if let text = sizes.context {
        rows.append(Self.row("stored: text, and prompt in f32", text, sizes.prompt, Decimals.bytes))
      } else {
        rows.append(["stored: prompt in f32", "", Decimals.bytes(sizes.prompt), ""])
      }
      rows.append(
        Self.row(
          "keys and values of every layer, in 16 bits", sizes.contextCache, sizes.promptCache,
          Decimals.bytes))
    }
    if let price {
      let costs = [context, prompt].map { price.ofThousandCalls(tokens: $0) }
      rows.append(
        ["cost of 1,000 calls"] + costs.map { Decimals.significant($0, 3) }
          + [Self.ratio(costs[0], costs[1])])
    }
    return rows
  }

  private static func row(
    _ name: String, _ context: Int, _ prompt: Int, _ format: (Int) -> String
  ) -> [String] {
    [name, format(context), format(prompt), ratio(Double(context), Double(prompt))]
  }

  private static func ratio(_ context: Double, _ prompt: Double) -> String {
    prompt > 0 ? Decimals.significant(context / prompt, 3) : ""
  }

  private var notes: String {
    let cost =
      price.map {
        "At \(Decimals.significant($0.ofMillion, 6)) per million tokens that a model reads; "
      } ?? "With a price per million tokens the table states the cost of calls; "
    return cost
      + "the user's prompt and the answer cost the same either way, and so do the template's tokens "
      + "around them."
  }
}
