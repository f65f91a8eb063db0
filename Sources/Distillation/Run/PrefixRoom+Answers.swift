internal import Compute
internal import Transformer

extension PrefixRoom {
  /// Rows of one run: many short examples at a time.
  private static let usualRunRows = 1024

  /// The share of the memory that is left which keys and values of answers may take: a teacher, a student and a model without
  /// context have room of their own.
  private static let memoryShare = 8

  /// Room for runs of examples of up to `longest` tokens, and for answers to many of them at once: on a CPU as many as its products
  /// need to be worth reading the weights, on other devices more, as far as memory goes.
  ///
  /// - Parameter answers: the most that are asked for.
  init(longest: Int, answers: Int, for decoder: Decoder) {
    let rowBytes = KeyValueCache.rowByteCount(decoder.configuration)
    let affordable = decoder.device.availableBytes / Self.memoryShare / (rowBytes * longest)
    let together = min(answers, decoder.device.isCPU ? 16 : 64, max(affordable, 1))
    let runRows = max(longest, Self.usualRunRows)
    self.init(rows: max(together * longest, runRows), runRows: runRows)
  }
}
