/// Points of a chart that belong together.
struct ChartSeries: Sendable {
  /// How the points are drawn.
  enum Form: Sendable {
    /// A line through them.
    case line
    /// A faint line through them, behind one through their moving means.
    case noisy
    /// A line with a dot at each; that at this index is filled.
    case dots(best: Int?)
    /// A horizontal, dashed line at the height of the only point.
    case reference
    /// Dots with a label each.
    case labels([String])
  }

  /// A point.
  struct Point: Sendable {
    var x: Double
    var y: Double
  }

  let name: String
  let form: Form
  let points: [Point]
  /// The index of its colour; nil for that of references.
  let color: Int?

  /// A series; points that are not finite are left out.
  init(_ name: String, _ form: Form, color: Int?, _ points: [(Double, Double)]) {
    self.name = name
    self.form = form
    self.color = color
    self.points = points.map { Point(x: $0.0, y: $0.1) }
      .filter { $0.x.isFinite && $0.y.isFinite }
  }

  /// The most points of a line: more than a screen can show.
  private static let mostPoints = 400

  /// Means over equal runs of points, where there are more than a screen can show.
  var shown: [Point] {
    guard points.count > Self.mostPoints else { return points }
    return (0..<Self.mostPoints).map { run in
      let first = run * points.count / Self.mostPoints
      let last = (run + 1) * points.count / Self.mostPoints
      return Self.mean(points[first..<last])
    }
  }

  /// The share of the points over which a moving mean goes.
  private static let smoothed = 20

  /// The moving means of the shown points, over a twentieth of them.
  var means: [Point] {
    let shown = shown
    let reach = shown.count / Self.smoothed / 2
    return shown.indices.map { index in
      let near = max(0, index - reach)...min(shown.count - 1, index + reach)
      return Point(x: shown[index].x, y: Self.mean(shown[near]).y)
    }
  }

  private static func mean(_ points: ArraySlice<Point>) -> Point {
    let count = Double(max(points.count, 1))
    return Point(
      x: points.reduce(0) { $0 + $1.x } / count, y: points.reduce(0) { $0 + $1.y } / count)
  }
}
