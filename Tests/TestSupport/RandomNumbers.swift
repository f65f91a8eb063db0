package import Compute

/// The generator of test data: the same numbers on every machine.
package typealias SeededGenerator = SplitMix64

extension SplitMix64 {
  /// `count` numbers spread evenly over a range.
  package mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }
}
