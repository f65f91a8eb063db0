/// The precision in which a matrix multiplication reads activations or gradients.
package enum ActivationPrecision: String, Sendable, Codable, CaseIterable {
  /// f32, without rounding; on CUDA with bf16 or f16 weights as the sum of two numbers of their
  /// type, which is as exact as f32 sums.
  case f32
  /// Rounded to nearest even to bf16 where the weights are bf16 too and the device can
  /// (`Device.canRoundActivations`); else f32. The relative error of each factor is then up to
  /// 2^-9, and the processor runs at twice the rate. Sums stay f32.
  case bf16
}
