/// A chart of lines as SVG, with its title and a legend.
struct Chart: Sendable {
  let title: String
  let xLabel: String
  let series: [ChartSeries]
  /// The horizontal axis; nil makes one of the points.
  var xScale: ChartScale?
  /// Whether the vertical axis begins at zero where it is linear.
  var includesZero = true

  private static let (width, height) = (380.0, 216.0)
  private static let (left, right, top, bottom) = (42.0, 14.0, 12.0, 34.0)

  private var points: [ChartSeries.Point] { series.flatMap(\.points) }

  /// The chart; nil where there is nothing to show.
  var markup: Markup? {
    let curves = series.filter { if case .reference = $0.form { false } else { true } }
    guard curves.contains(where: { !$0.points.isEmpty }) else { return nil }
    return Tag.figure {
      Tag.figcaption { title }
      legend
      Tag.svg(
        Attribute("viewBox", "0 0 \(Int(Self.width)) \(Int(Self.height))"),
        Attribute("role", "img"), Attribute("aria-label", "\(title), by \(xLabel)")
      ) {
        axes
        for series in series { drawing(series) }
      }
    }
  }

  private var legend: Markup? {
    guard series.count > 1 else { return nil }
    return Tag.list(.classes("legend")) {
      for series in series {
        Tag.item {
          Tag.svg(Attribute("viewBox", "0 0 22 8"), Attribute("aria-hidden", "true")) {
            Tag.path(
              .classes("curve \(Self.line(series.form)) \(Self.color(series.color))"),
              Attribute("d", "M1 4H21"))
          }
          series.name
        }
      }
    }
  }

  private static func line(_ form: ChartSeries.Form) -> String {
    if case .reference = form { "reference" } else { "" }
  }

  private static func color(_ index: Int?) -> String {
    index.map { "s\($0 % ReportPage.colors)" } ?? "plain"
  }

  private var horizontal: ChartScale {
    xScale
      ?? ChartScale(
        series.filter { if case .reference = $0.form { false } else { true } }
          .flatMap { $0.points.map(\.x) }, includesZero: true, mayBeLogarithmic: false)
  }

  private var vertical: ChartScale {
    ChartScale(points.map(\.y), includesZero: includesZero)
  }

  private func x(_ value: Double, _ scale: ChartScale) -> Double {
    Self.left + scale.share(value) * (Self.width - Self.left - Self.right)
  }

  private func y(_ value: Double, _ scale: ChartScale) -> Double {
    Self.height - Self.bottom - scale.share(value) * (Self.height - Self.top - Self.bottom)
  }

  private var axes: Markup {
    let (across, up) = (horizontal, vertical)
    let (floor, end) = (Self.height - Self.bottom, Self.width - Self.right)
    return .group([
      .group(
        up.ticks.map { tick in
          let height = y(tick, up)
          return .group([
            Self.line("grid", (Self.left, height), (end, height)),
            Self.label(ChartScale.label(tick), (Self.left - 6, height + 4), anchor: "end"),
          ])
        }),
      .group(
        across.ticks.map { tick in
          Self.label(ChartScale.label(tick), (x(tick, across), floor + 15), anchor: "middle")
        }),
      Self.line("axis", (Self.left, floor), (end, floor)),
      Self.label(xLabel, (end, Self.height - 4), anchor: "end"),
    ])
  }

  private func drawing(_ series: ChartSeries) -> Markup {
    let (across, up) = (horizontal, vertical)
    func place(_ point: ChartSeries.Point) -> (Double, Double) {
      (x(point.x, across), y(point.y, up))
    }
    func curve(_ points: [ChartSeries.Point], _ kind: String = "") -> Markup {
      let steps = points.map(place).enumerated().map { index, point in
        "\(index == 0 ? "M" : "L")\(Coordinate.text(point.0)) \(Coordinate.text(point.1))"
      }
      return Tag.path(.classes("curve \(kind)"), Attribute("d", steps.joined()))
    }
    return Tag.graphics(.classes(Self.color(series.color))) {
      switch series.form {
      case .line: curve(series.shown)
      case .noisy:
        curve(series.shown, "raw")
        curve(series.means)
      case .dots(let best):
        curve(series.points)
        for (index, point) in series.points.enumerated() {
          Self.dot(
            place(point), index == best ? "dot best" : "dot",
            title:
              "\(series.name), \(xLabel) \(ChartScale.label(point.x)): \(ChartScale.label(point.y))"
          )
        }
      case .reference:
        if let height = series.points.first.map({ y($0.y, up) }) {
          Tag.path(
            .classes("curve reference"),
            Attribute(
              "d",
              "M\(Coordinate.text(Self.left)) \(Coordinate.text(height))"
                + "H\(Coordinate.text(Self.width - Self.right))"))
        }
      case .labels(let labels):
        curve(series.points)
        for (point, label) in zip(series.points, labels) {
          let (across, height) = place(point)
          Self.dot((across, height), "dot best", title: label)
          Self.label(label, (across, height - 8), anchor: "middle", kind: "value")
        }
      }
    }
  }

  private static func line(
    _ kind: String, _ from: (Double, Double), _ to: (Double, Double)
  ) -> Markup {
    Tag.line(
      .classes(kind), Attribute("x1", from.0), Attribute("y1", from.1), Attribute("x2", to.0),
      Attribute("y2", to.1))
  }

  private static func dot(_ place: (Double, Double), _ kind: String, title: String) -> Markup {
    Tag.circle(
      .classes(kind), Attribute("cx", place.0), Attribute("cy", place.1), Attribute("r", 3.5)
    ) {
      Tag.title { title }
    }
  }

  private static func label(
    _ text: String, _ place: (Double, Double), anchor: String, kind: String = ""
  ) -> Markup {
    Tag.label(
      .classes(kind), Attribute("x", place.0), Attribute("y", place.1),
      Attribute("text-anchor", anchor)
    ) { text }
  }
}
