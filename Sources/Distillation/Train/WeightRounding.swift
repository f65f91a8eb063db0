internal import Compute
import HuggingFace
internal import Inference
internal import Transformer
import Weights

/// The error of quantising the weights of a checkpoint at load, measured on the user's own context.
struct WeightRounding {
  /// The largest change of a logit over the largest logit.
  let error: Double

  /// Number of tokens, the first of the context: enough for the measurement, and fast.
  private static let tokens = 64

  /// Runs the beginning of the context with the weights of the file, on the CPU path, where they
  /// are read in the mapped file and take no memory of their own, and with the loaded weights; nil
  /// where the weights are not quantised at load, and without a text.
  init?(
    _ precision: WeightPrecision, _ decoder: Decoder, _ folder: ModelFolder, _ context: [Int]
  ) throws(DistillationError) {
    guard precision.format?.isBlocked == true else { return nil }
    let text = Array(context.prefix(Self.tokens))
    guard !text.isEmpty else { return nil }
    let (exact, rounded) = try distilling { () throws(TransformerError) in
      let device =
        decoder.device.isCPU
        ? decoder.device : try computing { () throws(ComputeError) in try Device() }
      let exact = try Decoder.load(folder, on: device, precision: nil)
      exact.limitVocabulary(to: decoder.configuration.vocabularySize)
      return (try exact.logits(of: text), try decoder.logits(of: text))
    }
    error = Self.change(of: exact, to: rounded)
  }

  /// The largest change of a number over the largest number.
  static func change(of exact: [Float], to rounded: [Float]) -> Double {
    let largest = exact.reduce(0) { max($0, abs($1)) }
    let change = zip(exact, rounded).reduce(0) { max($0, abs($1.0 - $1.1)) }
    return largest > 0 ? Double(change / largest) : 0
  }
}
