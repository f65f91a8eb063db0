internal import Compute
internal import Inference
internal import Transformer

extension PrefixCapacity {
  /// Rows of one run: many short examples at a time.
  private static let usualRunRows = 1024

  /// The fraction of the available memory for keys and values of answers is 1 over this: teacher,
  /// student and the model without context each have their own.
  private static let memoryShare = 8

  /// The capacity for runs of examples of up to `longest` tokens, and for many answers at once: on
  /// a CPU enough to make a GEMM compute-bound, on other devices more, as far as memory allows.
  ///
  /// - Parameter answers: the most answers that will be generated.
  init(longest: Int, answers: Int, for decoder: Decoder) {
    let rowBytes = KeyValueCache.rowByteCount(decoder.configuration)
    let affordable = decoder.device.availableBytes / Self.memoryShare / (rowBytes * longest)
    let together = min(answers, decoder.device.isCPU ? 16 : 64, max(affordable, 1))
    let runRows = max(longest, Self.usualRunRows)
    self.init(rows: max(together * longest, runRows), runRows: runRows)
  }
}
