/// A matrix or norm of a checkpoint: `name.weight`, and `name.bias` where it has one.
struct TensorName: Sendable {
  let name: String
  let hasBias: Bool

  init(_ name: String, hasBias: Bool) {
    self.name = name
    self.hasBias = hasBias
  }

  var weight: String { name + ".weight" }
  var bias: String? { hasBias ? name + ".bias" : nil }
}

/// The tensors of one layer.
struct LayerTensors: Sendable {
  /// Query, key and value as the checkpoint stores them.
  enum Attention: Sendable {
    case separate(query: TensorName, key: TensorName, value: TensorName)
    /// Stacked in this order.
    case fused(TensorName)
  }

  let inputNorm: TensorName
  let attention: Attention
  let output: TensorName
  let middleNorm: TensorName
  /// Gate and up, or up alone.
  let up: [TensorName]
  let down: TensorName
}

/// The tensors of a decoder, by the names that the family's files use; a file may leave out or add the prefix before the first
/// dot.
struct DecoderTensors: Sendable {
  let embedding: String
  /// Learned positions, [positions, E].
  let positions: String?
  let finalNorm: TensorName
  let head: String
  /// Matrices are stored [inputs, outputs] (GPT-2's Conv1D) instead of [outputs, inputs].
  var isInputsFirst = false
  let layer: @Sendable (Int) -> LayerTensors
}
