internal import Compute
internal import Inference
internal import Transformer

extension PrefixCapacity {
  /// Rows of one run: many short examples at a time.
  private static let usualRunRows = 1024

  /// The fraction of the available memory for keys and values of answers is 1 over this: teacher,
  /// student and the model without context each have their own.
  private static let memoryShare = 8

  /// The most answers at once: enough to make a GEMM compute-bound, and to share what reading a
  /// long prefix costs.
  private static let answersAtOnce = 64

  /// The capacity for runs of examples of up to `longest` tokens, and for many answers at once, as
  /// far as memory allows.
  ///
  /// - Parameter answers: the most answers that will be generated.
  init(longest: Int, answers: Int, for decoder: Decoder) {
    let rowBytes = KeyValueCache.rowByteCount(decoder.configuration)
    self.init(
      longest: longest, answers: answers,
      mostRows: decoder.device.availableBytes / Self.memoryShare / rowBytes)
  }

  /// The same in at most `mostRows` rows for answers, though in enough for one.
  init(longest: Int, answers: Int, mostRows: Int) {
    let together = min(answers, Self.answersAtOnce, max(mostRows / longest, 1))
    let runRows = max(longest, Self.usualRunRows)
    self.init(rows: max(together * longest, runRows), runRows: runRows)
  }
}
