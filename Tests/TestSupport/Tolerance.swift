/// The tolerance of an operation against its Double reference, with the reason.
///
/// Errors are relative to the largest magnitude of the reference:
/// |found - reference| / max |reference|.
package enum Tolerance: Double, Sendable {
  /// One rounding per element, sums of up to a few thousand terms: a few units of 2^-24 times the
  /// square root of the count.
  case rowArithmetic = 2e-6
  /// Polynomial exp and log, each within 2e-7, then a sum over a vocabulary.
  case transcendental = 5e-6
  /// Matrix multiplications that sum up to a few thousand terms in f32, in the order of the tiles.
  case matmul = 1e-5
  /// Matrix multiplications with activations rounded to bf16 (8 bits of mantissa): 2^-8 per factor,
  /// averaged over the sum.
  case bfloat16Product = 1e-2
  /// A teacher's logits in binary16: a difference d from the row's maximum keeps 11 bits, so the
  /// relative error of p is up to |d| 2^-12, and |d| is below 4 where most of p is.
  case halfLogits = 1e-3
  /// A whole model against float64: what Hugging Face's own float32 forward strays by, times four.
  case model = 1e-4
  /// The gradients of a whole model with bf16 weights on CUDA, where matrix multiplications take
  /// activations as two bf16 pieces, 17 bits of 24. With nine orders of the sums they stray by
  /// 0.8e-4 to 1.3e-4 in the worst of five models and by 0.1e-4 to 0.5e-4 in the others, 20 times
  /// as far as with f32; the worst times two. Logits stay within 0.4e-4.
  case gradientOfTwoPieces = 2.6e-4

  /// Losses and gradients of several ranks against one: matrix multiplications of other batches,
  /// and the same sums in another order.
  package static let ranks = Tolerance.matmul
}

/// The largest |found - reference| over the largest |reference|; infinite if a value is not finite
/// or the counts differ. If the result is a small difference of large terms, `terms` is the largest
/// term and replaces the reference's magnitude.
package func relativeError(
  _ found: [Float], _ reference: [Double], terms: Double = 0
) -> Double {
  guard found.count == reference.count else { return .infinity }
  var worst = 0.0
  var largest = terms
  for (value, expected) in zip(found, reference) {
    guard value.isFinite else { return .infinity }
    worst = max(worst, abs(Double(value) - expected))
    largest = max(largest, abs(expected))
  }
  return largest > 0 ? worst / largest : worst
}
