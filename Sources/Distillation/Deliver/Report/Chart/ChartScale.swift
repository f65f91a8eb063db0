import Foundation

/// An axis of a chart: its range, its ticks, and where a value stands in it.
struct ChartScale: Sendable {
  /// Whether equal ratios have equal lengths.
  let isLogarithmic: Bool
  let range: ClosedRange<Double>
  let ticks: [Double]

  /// The ratio of largest to smallest value from which an axis is logarithmic.
  private static let logarithmicRatio = 20.0
  private static let tickCount = 4.0

  /// An axis over these values. It is logarithmic where all are positive and they differ by much;
  /// else it begins at zero where `includesZero`.
  init(_ values: [Double], includesZero: Bool, mayBeLogarithmic: Bool = true) {
    let finite = values.filter(\.isFinite)
    let (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
    isLogarithmic = mayBeLogarithmic && low > 0 && high / low > Self.logarithmicRatio
    if isLogarithmic {
      (range, ticks) = Self.logarithmic(low, high)
    } else {
      (range, ticks) = Self.linear(includesZero ? min(0, low) : low, high)
    }
  }

  /// An axis of whole numbers, each of which has a tick, at equal ratios.
  init(counts: [Int]) {
    let values = Set(counts).sorted().map(Double.init)
    let (low, high) = (values.first ?? 1, values.last ?? 1)
    isLogarithmic = low > 0
    range = low < high ? low...high : (low / 2)...(high * 2)
    ticks = values
  }

  /// Where a value stands: 0 at the beginning of the axis, 1 at its end.
  func share(_ value: Double) -> Double {
    func place(_ value: Double) -> Double {
      isLogarithmic ? log(max(value, range.lowerBound)) : value
    }
    let (first, last) = (place(range.lowerBound), place(range.upperBound))
    let share = last > first ? (place(value) - first) / (last - first) : 0.5
    return min(max(share, 0), 1)
  }

  /// Steps of 1, 2 or 5 times a power of ten.
  private static func linear(_ low: Double, _ high: Double) -> (ClosedRange<Double>, [Double]) {
    let span = high > low ? high - low : max(abs(high), 1)
    let rough = span / tickCount
    let power = pow(10, log10(rough).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? 10 * power
    let (first, last) = ((low / step).rounded(.down), (high / step).rounded(.up))
    let top = max(last, first + 1)
    return (first * step...top * step, stride(from: first, through: top, by: 1).map { $0 * step })
  }

  /// Powers of ten, with 2 and 5 times them where there are few.
  private static func logarithmic(_ low: Double, _ high: Double) -> (ClosedRange<Double>, [Double])
  {
    let decades = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
    let factors = decades.count > 4 ? [1.0] : decades.count > 3 ? [1, 3] : [1, 2, 5]
    let all = decades.flatMap { decade in factors.map { $0 * pow(10, Double(decade)) } }
    let first = all.last { $0 <= low } ?? low
    let last = all.first { $0 >= high } ?? high
    return (first...last, all.filter { (first...last).contains($0) })
  }

  /// The label of a tick: `0.05`, `120`, `2e-5`.
  static func label(_ value: Double) -> String {
    let magnitude = abs(value)
    if magnitude != 0 && (magnitude < 1e-3 || magnitude >= 1e6) {
      return String(format: "%.0e", locale: nil, value)
        .replacing("e-0", with: "e-").replacing("e+0", with: "e")
    }
    return String(format: "%.4g", locale: nil, value)
  }
}
