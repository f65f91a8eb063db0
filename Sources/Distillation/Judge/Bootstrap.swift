internal import Compute

/// Intervals by bootstrap (Efron 1979): how far a mean over examples would move if other examples of the same kind had been held
/// out. Examples are drawn anew with replacement, all of an example's tokens together, because tokens of one response are not
/// independent.
struct Bootstrap {
  private let examples: Int

  private static let resamples = 2000
  /// Apart from all that a run draws; the same examples give the same intervals.
  private static let seed: UInt64 = 0x626f_6f74

  /// - Parameter examples: their number; of one alone nothing can be said.
  init?(examples: Int) {
    guard examples > 1 else { return nil }
    self.examples = examples
  }

  /// For each number of `statistics`, the interval that holds 95 % of what resamples give: percentiles 2.5 and 97.5.
  ///
  /// - Parameter statistics: numbers of the examples at these indices, some of which come more than once.
  func intervals(_ statistics: ([Int]) -> [Double]) -> [Interval] {
    var values: [[Double]] = []
    for resample in 0..<Self.resamples {
      var random = SplitMix64(seed: Self.seed, stream: UInt64(resample))
      let found = statistics((0..<examples).map { _ in random.number(below: examples) })
      if values.isEmpty { values = found.map { _ in [] } }
      for (index, value) in found.enumerated() { values[index].append(value) }
    }
    let cut = Self.resamples / 40
    return values.map { values in
      let sorted = values.sorted()
      return Interval(low: sorted[cut], high: sorted[sorted.count - 1 - cut])
    }
  }
}

/// An interval of confidence, of 95 %.
package struct Interval: Sendable, Equatable {
  package var low: Double
  package var high: Double

  /// An interval.
  package init(low: Double, high: Double) {
    self.low = low
    self.high = high
  }
}

extension Interval: Codable {
  /// Reads a list of two numbers.
  package init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    (low, high) = (try list.decode(Double.self), try list.decode(Double.self))
  }

  /// Writes a list of two numbers.
  package func encode(to encoder: any Encoder) throws {
    var list = encoder.unkeyedContainer()
    try list.encode(low)
    try list.encode(high)
  }
}
