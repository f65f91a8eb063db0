internal import Compute
import HuggingFace
internal import Transformer
import Weights

extension Decoder {
  /// Loads the model of a folder. `handle` receives the progress and warnings about settings of the
  /// folder that are not used.
  static func load(
    _ folder: ModelFolder, on device: Device, precision: WeightPrecision,
    handle: (RunEvent) -> Void
  ) throws(TransformerError) -> Decoder {
    try load(
      folder, on: device, precision: precision.format,
      progress: { handle(.progress(.loading, done: $0, total: $1)) },
      warn: { handle(.warning($0)) })
  }
}
