/// The curves of a training, of several runs in the same axes.
struct TrainingCharts {
  private let runs: [RunReport]

  init(_ runs: [RunReport]) { self.runs = runs }

  /// The curves; nil where no run has trained or was evaluated.
  var section: Markup? {
    let charts = [loss, heldOut, agreement, gradient, rate].compactMap(\.markup)
    guard !charts.isEmpty else { return nil }
    return PageSection.titled("Training") {
      Tag.div(.classes("charts")) { charts }
    }
  }

  private var loss: Chart {
    Chart(
      title: "Loss of training steps, nats a token", xLabel: "step",
      series: curves { run, name, color in
        ChartSeries(
          name, .noisy, color: color, run.steps.map { (Double($0.step), $0.loss) })
      })
  }

  /// The prompt that is delivered is filled; what no context leaves is a line.
  private var heldOut: Chart {
    let curves = curves { run, name, color in
      ChartSeries(
        name, .dots(best: run.evaluations.lastIndex { $0.isBest }), color: color,
        run.evaluations.map { (Double($0.step), $0.kl) })
    }
    let references = Set(runs.compactMap { $0.metrics.validation?.klNoContext })
    return Chart(
      title: "Held-out KL, nats a token", xLabel: "step",
      series: curves
        + (references.count == 1 ? references : []).map {
          ChartSeries("no context", .reference, color: nil, [(0, $0)])
        })
  }

  private var agreement: Chart {
    Chart(
      title: "Held-out top-1 agreement, percent", xLabel: "step",
      series: curves { run, name, color in
        ChartSeries(
          name, .dots(best: run.evaluations.lastIndex { $0.isBest }), color: color,
          run.evaluations.map { (Double($0.step), 100 * $0.top1Agreement) })
      }, includesZero: false)
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
