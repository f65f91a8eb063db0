/// The curves of a training, of several runs in the same axes.
struct TrainingCharts {
  private let runs: [RunReport]

  init(_ runs: [RunReport]) { self.runs = runs }

  /// The curves; nil where no run has trained or was evaluated.
  var section: Markup? {
    let charts = [loss, crossEntropy, heldOut, agreement, gradient, rate].compactMap(\.markup)
    guard !charts.isEmpty else { return nil }
    return PageSection.titled("Training") {
      Tag.div(.classes("charts")) { charts }
    }
  }

  private var loss: Chart {
    Chart(
      title: "Loss of training steps\(objective), nats a token", xLabel: "step",
      series: curves { run, name, color in
        ChartSeries(
          name, .noisy, color: color, run.steps.map { (Double($0.step), $0.loss) })
      })
  }

  /// What the loss is, where all runs have the same.
  private var objective: String {
    let names = Set(runs.map { $0.metrics.origin?.options.objectiveName })
    guard names.count == 1, let name = names.first ?? nil else { return "" }
    return ", \(name)"
  }

  private var crossEntropy: Chart {
    evaluated(
      "Held-out cross-entropy, nats a token", \.crossEntropy,
      without: \.metrics.crossEntropyNoContext)
  }

  private var heldOut: Chart {
    evaluated("Held-out KL, nats a token", \.kl, without: \.metrics.validation?.klNoContext)
  }

  /// Numbers of the evaluations. That of the delivered prompt is filled; what no context leaves is
  /// a line.
  private func evaluated(
    _ title: String, _ value: (EvaluationRecord) -> Double?,
    without reference: (RunReport) -> Double?
  ) -> Chart {
    let curves = evaluations { value($0) }
    let references = Set(runs.compactMap(reference))
    let hasContext = runs.contains { $0.metrics.contextTokens > 0 }
    return Chart(
      title: title, xLabel: "step",
      series: curves
        + (references.count == 1 && !curves.isEmpty ? references : []).map {
          ChartSeries(
            hasContext ? "no context" : "no prompt", .reference, color: nil, [(0, $0)])
        })
  }

  private var agreement: Chart {
    Chart(
      title: "Held-out top-1 agreement, percent", xLabel: "step",
      series: evaluations { $0.top1Agreement.map { 100 * $0 } }, includesZero: false)
  }

  /// A curve of each run through a number of its evaluations, where they have it.
  private func evaluations(_ value: (EvaluationRecord) -> Double?) -> [ChartSeries] {
    curves { run, name, color in
      let known = run.evaluations.filter { value($0) != nil }
      return ChartSeries(
        name, .dots(best: known.lastIndex { $0.isBest }), color: color,
        known.map { (Double($0.step), value($0) ?? .nan) })
    }
  }

  private var gradient: Chart {
    Chart(
      title: "Norm of the gradient", xLabel: "step",
      series: curves { run, name, color in
        ChartSeries(
          name, .noisy, color: color, run.steps.map { (Double($0.step), $0.gradientNorm) })
      })
  }

  private var rate: Chart {
    Chart(
      title: "Learning rate", xLabel: "step",
      series: curves { run, name, color in
        ChartSeries(
          name, .line, color: color, run.steps.map { (Double($0.step), Double($0.learningRate)) })
      })
  }

  /// A curve of each run that has points, under the run's name.
  private func curves(
    _ series: (_ run: RunReport, _ name: String, _ color: Int) -> ChartSeries
  ) -> [ChartSeries] {
    runs.enumerated().map { index, run in
      series(run, runs.count == 1 ? "learned prompt" : run.name, index)
    }.filter { !$0.points.isEmpty }
  }
}
