internal import Compute
internal import Transformer

/// The error of rounding activations to bf16 in a training step, measured on the user's own
/// context.
struct ActivationRounding {
  /// The largest change of a logit over the largest logit.
  let error: Double

  /// Number of tokens, the first of the context: enough for the measurement, and fast.
  private static let tokens = 64

  /// Refuses options that the device does not support.
  static func check(_ options: TrainingOptions, _ device: Device) throws(DistillationError) {
    guard options.activations == .bf16 else { return }
    guard options.precision == .bf16 else {
      throw .optionConflict(
        .activations, expected: "f32", with: .precision, value: "\(options.precision)",
        found: "bf16")
    }
    guard device.canRoundActivations else {
      throw .option(
        .activations,
        expected: "f32 on this device: bf16 needs the CPU path on a processor with AVX512-BF16, "
          + "or CUDA with cuBLASLt",
        found: "bf16")
    }
  }

  /// Runs the beginning of the context with and without rounding; nil where the options do not
  /// round.
  init?(
    _ options: TrainingOptions, _ decoder: Decoder, _ context: [Int]
  ) throws(DistillationError) {
    guard options.activations == .bf16 else { return nil }
    let text = Array(context.prefix(Self.tokens))
    let (exact, rounded) = try distilling { () throws(TransformerError) in
      let exact = try decoder.logits(of: text)
      return (exact, try decoder.logits(of: text, precision: .bf16))
    }
    error = WeightRounding.change(of: exact, to: rounded)
  }
}
