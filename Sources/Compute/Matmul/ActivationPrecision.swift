/// The precision in which a matrix multiplication reads activations or gradients.
package enum ActivationPrecision: String, Sendable, Codable, CaseIterable {
  /// f32, without rounding. On CUDA tensor cores multiply the sum of two numbers of 16 bits: beside
  /// f16 weights 23 bits of the larger elements, beside bf16 weights and dequantised blocks 17
  /// bits.
  case f32
  /// Rounded to nearest even to bf16 where the weights are bf16 too and the device can
  /// (`Device.canRoundActivations`); else f32. The relative error of each factor is then up to
  /// 2^-8, and the processor runs at twice the rate. Sums stay f32.
  case bf16
}
