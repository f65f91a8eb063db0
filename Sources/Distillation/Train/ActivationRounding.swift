internal import Compute
internal import Transformer

/// What it costs that a training step rounds activations to bf16, measured on the user's own context.
struct ActivationRounding {
  /// The largest change of a logit over the largest logit.
  let error: Double

  /// The first tokens of the context are enough to tell, and take little time.
  private static let tokens = 64

  /// Refuses options that ask for what the device cannot do.
  static func check(_ options: TrainingOptions, _ device: Device) throws(DistillationError) {
    guard options.activations == .bf16 else { return }
    guard options.precision == .bf16 else {
      throw .option(
        name: "activations", expected: "f32 with --precision \(options.precision)", found: "bf16")
    }
    guard device.canRoundActivations else {
      throw .option(
        name: "activations",
        expected: "f32 on this device: bf16 needs the CPU path on a processor with AVX512-BF16, "
          + "or CUDA with cuBLASLt",
        found: "bf16")
    }
  }

  /// Reads the beginning of the context with and without rounding; nil where the options do not ask for it.
  init?(
    _ options: TrainingOptions, _ decoder: Decoder, _ context: [Int]
  ) throws(DistillationError) {
    guard options.activations == .bf16 else { return nil }
    let text = Array(context.prefix(Self.tokens))
    let (exact, rounded) = try distilling { () throws(TransformerError) in
      let exact = try decoder.logits(of: text)
      return (exact, try decoder.logits(of: text, precision: .bf16))
    }
    let largest = exact.reduce(0) { max($0, abs($1)) }
    let change = zip(exact, rounded).reduce(0) { max($0, abs($1.0 - $1.1)) }
    error = largest > 0 ? Double(change / largest) : 0
  }
}
