/// What products read activations and gradients as.
package enum ActivationPrecision: String, Sendable, Codable, CaseIterable {
  /// As they are.
  case f32
  /// Rounded to nearest even, where weights are bf16 too (`Device.roundsActivations`). Sums stay f32.
  case bf16
}
