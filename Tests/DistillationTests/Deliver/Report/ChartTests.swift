import Testing

@testable import Distillation

@Suite struct ChartTests {
  @Test func linearAxesHaveRoundTicksAroundAllValues() {
    let scale = ChartScale([0.3, 1.7], includesZero: true)
    #expect(!scale.isLogarithmic)
    #expect(scale.ticks.map(ChartScale.label) == ["0", "0.5", "1", "1.5", "2"])
    #expect(scale.share(0) == 0 && scale.share(2) == 1 && scale.share(1) == 0.5)
    let above = ChartScale([92, 99], includesZero: false)
    #expect(above.range.contains(92) && above.range.contains(99))
    #expect(above.range.lowerBound >= 90)
  }

  @Test func valuesOfManySizesHaveALogarithmicAxis() {
    let scale = ChartScale([0.004, 3], includesZero: true)
    #expect(scale.isLogarithmic)
    #expect(scale.range.contains(0.004) && scale.range.contains(3))
    #expect(abs(scale.share(0.1) - scale.share(0.01) - (scale.share(1) - scale.share(0.1))) < 1e-12)
    // Zero has no place there.
    #expect(!ChartScale([0, 3], includesZero: true).isLogarithmic)
  }

  @Test(arguments: [[Double](), [5], [0, 0], [.nan, .infinity]])
  func fewValuesHaveAnAxis(values: [Double]) {
    let scale = ChartScale(values, includesZero: true)
    #expect(scale.range.lowerBound < scale.range.upperBound)
    #expect((0...1).contains(scale.share(values.first ?? 1)) || values.first?.isNaN == true)
    #expect(!scale.ticks.isEmpty)
  }

  @Test(arguments: [(0.05, "0.05"), (120.0, "120"), (2e-5, "2e-5"), (3e7, "3e7"), (0.0, "0")])
  func labelsAreShort(value: Double, label: String) {
    #expect(ChartScale.label(value) == label)
  }

  @Test func countsHaveATickEach() {
    let scale = ChartScale(counts: [16, 4, 8, 8])
    #expect(scale.ticks == [4, 8, 16])
    #expect(abs(scale.share(8) - 0.5) < 1e-12)
    #expect((0...1).contains(ChartScale(counts: [7]).share(7)))
  }

  @Test func aLongCurveIsShownByMeans() {
    let points = (0..<100_000).map { (Double($0), Double($0 % 2)) }
    let series = ChartSeries("loss", .noisy, color: 0, points)
    #expect(series.shown.count == 400)
    #expect(series.shown.allSatisfy { abs($0.y - 0.5) < 0.01 })
    #expect(series.means.count == 400)
    let chart = Chart(title: "Loss", xLabel: "step", series: [series])
    #expect((chart.markup?.html.utf8.count ?? 0) < 40_000)
  }

  @Test func whatIsNotFiniteIsNotDrawn() throws {
    let series = ChartSeries("loss", .line, color: 0, [(1, .nan), (2, .infinity), (3, 1), (4, 2)])
    #expect(series.points.count == 2)
    let html = try #require(Chart(title: "Loss", xLabel: "step", series: [series]).markup).html
    #expect(!html.contains("nan") && !html.contains("inf"))
    #expect(Chart(title: "Loss", xLabel: "step", series: []).markup == nil)
  }
}
