package import Compute

/// A frozen decoder-only transformer on a device: embeddings in, normalised top states out, and the gradient back to the
/// embeddings. Weights never move, so backward is one product a weight.
///
/// Its input rows are what Hugging Face's transformers takes as `inputs_embeds`, for a token as for a row of a soft prompt:
/// `embed` gives what the model's own embedding layer gives, and `forward` does to every row what the model does to
/// `inputs_embeds`. Where a family scales embeddings, the two differ in which of them does it: Gemma's embedding layer multiplies
/// the table's rows by the square root of E, so a soft prompt lives on the scaled side; Granite multiplies all its inputs by a
/// constant, so a soft prompt lives before it. A soft prompt may therefore go to transformers, and through PEFT, as it is.
package final class Decoder {
  package let device: Device
  package let configuration: DecoderConfiguration
  /// [V, E].
  package let embedding: WeightMatrix
  /// [V, E]: the same matrix as `embedding` where they are tied.
  package let head: WeightMatrix
  let layers: [DecoderLayer]
  let finalNorm: Normalization
  /// [positions, E] of models with learned positions, else one unused element.
  let positionEmbedding: DeviceBuffer<Float>
  /// Each rotation of the model once, shared by its layers.
  let rotations: [Rotation]

  init(
    _ device: Device, configuration: DecoderConfiguration, embedding: WeightMatrix,
    head: WeightMatrix, layers: [DecoderLayer], finalNorm: Normalization,
    positionEmbedding: consuming DeviceBuffer<Float>, rotations: [Rotation]
  ) {
    self.device = device
    self.configuration = configuration
    self.embedding = embedding
    self.head = head
    self.layers = layers
    self.finalNorm = finalNorm
    self.positionEmbedding = positionEmbedding
    self.rotations = rotations
  }

  /// Writes the embeddings of tokens to rows of a run's input from `firstRow` on.
  package func embed(
    _ identifiers: borrowing RowIndices, count: Int,
    into embeddings: inout DeviceBuffer<Float>, firstRow: Int = 0
  ) throws(ComputeError) {
    try device.embeddingGather(
      embedding, identifiers: identifiers, count: count, scale: configuration.embeddingScale,
      into: &embeddings, at: firstRow)
  }

  /// From `activations.embeddings` to `activations.states` of the batch's response rows; keys and values of all rows go to
  /// the cache. Matrix multiplications read their input at `precision`.
  package func forward(
    _ batch: PackedBatch, cache: KeyValueCache, activations: DecoderActivations,
    precision: ActivationPrecision = .f32
  ) throws(ComputeError) {
    guard batch.rows > 0 else { return }
    for rotation in rotations {
      try rotation.reserve(positions: batch.positionsNeeded, textLength: batch.textLength)
    }
    if configuration.inputMultiplier != 1 {
      try device.scale(
        &activations.embeddings, by: configuration.inputMultiplier,
        count: batch.rows * configuration.hiddenSize)
    }
    if configuration.position == .learned {
      try device.addPositionRows(
        positionEmbedding, positions: batch.positions, width: configuration.hiddenSize,
        rows: batch.rows, to: &activations.embeddings)
    }
    for index in layers.indices {
      let pass = pass(index, batch, cache, activations, precision)
      if index < layers.count - 1 {
        try layers[index].forward(pass, into: activations.layers[index + 1])
      } else {
        try layers[index].forwardResponses(pass)
      }
    }
    try finalNorm.forward(
      device, activations.top, rows: batch.responseRows, into: &activations.states,
      statistics: &activations.topStatistics)
  }

  /// From the gradient of `activations.states` to that of the embeddings, once for each `forward`, whose activations it uses up:
  /// `embeddingGradient` then is [rows, E], or [prefix rows, E] where `scope` is the prefix, which is all that a soft prompt
  /// needs.
  package func backward(
    stateGradient: borrowing DeviceBuffer<Float>, _ batch: PackedBatch, cache: KeyValueCache,
    activations: DecoderActivations, scope: AttentionGradientScope,
    precision: ActivationPrecision = .f32
  ) throws(ComputeError) {
    guard let gradients = activations.gradients else {
      preconditionFailure("these activations were made for inference")
    }
    try finalNorm.backward(
      device, stateGradient, x: activations.top, statistics: activations.topStatistics,
      rows: batch.responseRows, accumulating: false, into: &gradients.responses)
    for index in layers.indices.reversed() {
      let pass = pass(index, batch, cache, activations, precision)
      let scope = index == 0 ? scope : .all
      if index < layers.count - 1 {
        try layers[index].backward(pass, gradients, scope: scope)
      } else {
        try layers[index].backwardResponses(pass, gradients, scope: scope)
      }
    }
    if configuration.inputMultiplier != 1 {
      let rows = scope == .all ? batch.rows : batch.prefixRows
      try device.scale(
        &gradients.x, by: configuration.inputMultiplier, count: rows * configuration.hiddenSize)
    }
  }

  /// The logits of states that `forward` left: [count, V], with the model's scale and soft cap.
  package func logits(
    of states: borrowing DeviceBuffer<Float>, from firstRow: Int = 0, count: Int,
    precision: ActivationPrecision = .f32, into logits: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let (shape, size) = (configuration.logitShape, configuration.vocabularySize)
    try device.matmul(
      states, head, rows: count, inputRow: firstRow, precision: precision, into: &logits)
    if shape.scale != 1 { try device.scale(&logits, by: shape.scale, count: count * size) }
    if let cap = shape.softCap { try device.softCap(&logits, rows: count, width: size, cap: cap) }
  }

  /// Reads rows of the gradient that `backward` left.
  package func gatherEmbeddingGradient(
    _ activations: DecoderActivations, at rows: borrowing RowIndices, count: Int,
    into target: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    guard let gradients = activations.gradients else {
      preconditionFailure("these activations were made for inference")
    }
    try device.gatherRows(
      gradients.x, at: rows, count: count, width: configuration.hiddenSize, into: &target)
  }

  private func pass(
    _ index: Int, _ batch: PackedBatch, _ cache: KeyValueCache, _ activations: DecoderActivations,
    _ precision: ActivationPrecision
  ) -> DecoderLayer.Pass {
    DecoderLayer.Pass(
      device: device, batch: batch, cache: cache.layers[index], kept: activations.layers[index],
      shared: activations, precision: precision)
  }
}
