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

/// Rows of one tensor that a matrix takes, in this order.
struct TensorRows: Sendable {
  let name: TensorName
  /// Number of rows of the tensor.
  let count: Int
  let ranges: [Range<Int>]

  /// All rows of a tensor.
  init(_ name: TensorName, count: Int) {
    self.init(name, count: count, ranges: [0..<count])
  }

  init(_ name: TensorName, count: Int, ranges: [Range<Int>]) {
    self.name = name
    self.count = count
    self.ranges = ranges
  }

  /// Number of rows in the matrix.
  var outputs: Int { ranges.reduce(0) { $0 + $1.count } }
}

/// The tensors of one layer.
struct LayerTensors: Sendable {
  /// Query, key and value as the checkpoint stores them.
  enum Attention: Sendable {
    case separate(query: TensorName, key: TensorName, value: TensorName)
    /// Stacked in this order.
    case stacked(TensorName)
    /// Stacked by key/value head: the query heads of its group, its key head, its value head.
    case grouped(TensorName)
  }

  /// The weights of the norm of queries or of keys.
  enum HeadNorm: Sendable {
    /// One for all heads, [D], or over the whole width.
    case shared(String)
    /// One per head, [D] each.
    case separate([String])
  }

  /// The norm before attention, where the model has one.
  var inputNorm: TensorName?
  let attention: Attention
  var queryNorm: HeadNorm?
  var keyNorm: HeadNorm?
  let output: TensorName
  /// The norm after attention, where the model has one.
  var attentionOutputNorm: TensorName?
  /// The norm before the feed-forward block, where it has its own.
  var feedForwardInputNorm: TensorName?
  /// Gate and up, in one tensor or two, or up alone.
  var up: [TensorName]
  let down: TensorName
  /// The norm after the feed-forward block, where the model has one.
  var feedForwardOutputNorm: TensorName?
}

/// The tensors of a decoder, by the names in the family's files; a file may lack or add the prefix
/// before the first dot.
struct DecoderTensors: Sendable {
  let embedding: String
  /// Learned positions, [positions, E].
  let positions: String?
  var finalNorm: TensorName
  let head: String
  /// Matrices are stored [inputs, outputs] (GPT-2's Conv1D) instead of [outputs, inputs].
  var isInputsFirst = false
  let layer: @Sendable (Int) -> LayerTensors
}
