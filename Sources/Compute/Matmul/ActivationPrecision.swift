/// The precision in which matrix multiplications read activations and gradients.
package enum ActivationPrecision: String, Sendable, Codable, CaseIterable {
  /// f32, without rounding.
  case f32
  /// Rounded to nearest even for bf16 weights (`Device.roundsActivations`). Sums stay f32.
  case bf16
}
