internal import Compute
import HuggingFace
internal import Transformer

/// The error of rounding activations to bf16 in a training step, measured on the user's own
/// context.
struct ActivationRounding {
  /// The largest change of a logit over the largest logit.
  let error: Double

  /// Number of tokens, the first of the context: enough for the measurement, and fast.
  private static let tokens = 64

  /// Refuses options that the model's weights or the device do not support.
  static func check(
    _ options: TrainingOptions, _ folder: ModelFolder, _ device: Device
  ) throws(DistillationError) {
    guard options.activations == .bf16 else { return }
    let other =
      options.precision == .stored
      ? try otherType(folder).map { "\(options.precision), here \($0)" }
      : options.precision == .bf16 ? nil : "\(options.precision)"
    if let other {
      throw .optionConflict(
        .activations, expected: "f32", with: .precision, value: other, found: "bf16")
    }
    guard device.canRoundActivations else {
      throw .option(
        .activations,
        expected: "f32 on this device: bf16 needs the CPU path on a processor with AVX512-BF16, "
          + "or CUDA with cuBLASLt",
        found: "bf16")
    }
  }

  /// The type of the first matrix of a model that is not bf16; nil where there is none.
  private static func otherType(_ folder: ModelFolder) throws(DistillationError) -> String? {
    let checkpoint = try opening { () throws(ModelFolderError) in try folder.checkpoint() }
    return try opening { () throws(ModelFolderError) -> String? in
      do throws(CheckpointError) {
        for name in checkpoint.names {
          let tensor = try checkpoint.tensor(named: name)
          if tensor.shape.count == 2, tensor.format != .bf16 { return tensor.typeName }
        }
        return nil
      } catch { throw ModelFolderError.checkpoint(error) }
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
