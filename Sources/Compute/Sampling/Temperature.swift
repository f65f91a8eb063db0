/// The divisor of logits, as users may set it.
package enum Temperature {
  /// The squares of these and of their reciprocals, by which gradients and their moments grow, are
  /// well within f32: at 1e-45 the reciprocal is infinite, and 0 times it is no number.
  package static let range: ClosedRange<Float> = 1e-9...1e9
  /// The range in words.
  package static let expected = "a number from 1e-9 to 1e9"

  /// Whether a value is in the range, or 0, which takes the most likely token.
  package static func isSampling(_ value: Float) -> Bool { value == 0 || range.contains(value) }
  /// The same in words.
  package static let expectedSampling = "0 or \(expected)"
}
