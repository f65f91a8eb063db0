internal import Compute
import HuggingFace
internal import Transformer

extension Decoder {
  /// Loads the model of a folder and tells `handle` how far that is and what the folder says otherwise than it is read.
  static func load(
    _ folder: ModelFolder, on device: Device, precision: WeightPrecision,
    handle: (RunEvent) -> Void
  ) throws(TransformerError) -> Decoder {
    try load(
      folder, on: device, precision: precision,
      progress: { handle(.progress(.loading, done: $0, total: $1)) },
      warn: { handle(.warning($0)) })
  }
}
