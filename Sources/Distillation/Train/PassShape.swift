internal import Transformer

/// What determines the commands of a pass of a step, beside what is the same in all steps of a
/// training: with two batches of equal shape only the contents of buffers differ.
struct PassShape: Hashable {
  let sequences: [PackedBatch.Sequence]
  let prefixRows: Int
  /// It selects the rotary frequencies.
  let textLength: Int
  /// Of the loss of each row.
  let weight: Float
  /// Whether the gradient is added to that of another pass.
  let accumulates: Bool
}
