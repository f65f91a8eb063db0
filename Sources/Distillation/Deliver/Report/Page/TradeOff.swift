/// What quality costs: the held-out KL, or cross-entropy, against the tokens and the bytes of the
/// prompts.
struct TradeOff {
  let runs: [RunReport]
  /// The KL that a prompt may have.
  var budget: Double?

  /// Both charts; nil where fewer than two sizes were judged.
  var section: Markup? {
    guard Set(judged.map(\.metrics.pseudoTokens)).count > 1 else { return nil }
    let tokens = chart(
      "Held-out \(measure) against tokens", "pseudo-tokens",
      scale: ChartScale(counts: judged.map(\.metrics.pseudoTokens))
    ) { Double($0.metrics.pseudoTokens) }
    let sized = judged.filter { $0.metrics.sizes != nil }
    let kilobytes = sized.compactMap { $0.metrics.sizes.map { Double($0.prompt) / 1000 } }
    let bytes = chart(
      "Held-out \(measure) against the size of the file", "KB",
      scale: ChartScale(kilobytes, includesZero: false)
    ) { ($0.metrics.sizes?.prompt).map { Double($0) / 1000 } ?? .nan }
    return PageSection.titled("What quality costs") {
      Tag.div(.classes("charts")) { [tokens, bytes].compactMap(\.markup) }
    }
  }

  /// Runs that were judged by the same measure.
  private var judged: [RunReport] { runs.filter { loss($0) != nil } }

  /// Whether the runs were trained on given responses, which is what all can be compared by.
  private var isSupervised: Bool {
    !runs.isEmpty && runs.allSatisfy { $0.metrics.origin?.options.loss == .crossEntropy }
  }

  private var measure: String {
    (isSupervised ? TrainingOptions.Loss.crossEntropy : .forwardKL).heldOutName
  }

  private func loss(_ run: RunReport) -> Double? {
    isSupervised ? run.metrics.heldOutCrossEntropy : run.metrics.validation?.kl
  }

  private var methods: [TrainingOptions.Method?] {
    judged.reduce(into: []) { if !$0.contains($1.method) { $0.append($1.method) } }
  }

  private func chart(
    _ title: String, _ xLabel: String, scale: ChartScale, _ x: (RunReport) -> Double
  ) -> Chart {
    let curves = methods.enumerated().map { index, method in
      let own = judged.filter { $0.method == method }.sorted {
        $0.metrics.pseudoTokens < $1.metrics.pseudoTokens
      }
      let known = own.filter { x($0).isFinite }
      return ChartSeries(
        method?.rawValue ?? "learned prompt", .labels(known.map { "\($0.metrics.pseudoTokens)" }),
        color: index, known.map { (x($0), loss($0) ?? .nan) })
    }
    let limit = (isSupervised ? nil : budget).map {
      ChartSeries("budget", .reference, color: nil, [(0, $0)])
    }
    return Chart(
      title: "\(title), nats a token", xLabel: xLabel,
      series: curves + [limit].compactMap(\.self), xScale: scale)
  }
}
