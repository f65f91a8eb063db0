internal import Compute

/// Confidence intervals by bootstrap (Efron 1979): the spread of a mean over examples if other
/// examples of the same kind had been held out. Examples are resampled with replacement, with all
/// tokens of an example together, because tokens of one response are not independent.
struct Bootstrap {
  private let examples: Int

  private static let resamples = 2000
  /// Independent of the run's random numbers; the same examples give the same intervals.
  private static let seed: UInt64 = 0x626f_6f74

  /// - Parameter examples: their number; nil for one alone.
  init?(examples: Int) {
    guard examples > 1 else { return nil }
    self.examples = examples
  }

  /// For each number of `statistics`, the interval of 95 % of the resamples: percentiles 2.5 and
  /// 97.5.
  ///
  /// - Parameter statistics: numbers of the examples at these indices, some of which occur more
  ///   than once.
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

/// A confidence interval of 95 %.
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
