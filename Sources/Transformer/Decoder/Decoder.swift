package import Compute

/// A frozen decoder-only transformer on a device: forward from embeddings to normalised final
/// states, backward to the embeddings. Weights are frozen, so backward is one matrix multiplication
/// per weight.
///
/// Its input rows are the `inputs_embeds` of Hugging Face's transformers, for tokens and soft
/// prompts alike: `embed` computes the model's embedding layer, and `forward` all that follows
/// `inputs_embeds`. Families that scale embeddings differ: Gemma's embedding layer multiplies the
/// table's rows by the square root of E, so a soft prompt is scaled already; Granite multiplies all
/// inputs by a constant, so a soft prompt is not. transformers and PEFT can therefore use a soft
/// prompt as it is.
package final class Decoder {
  package let device: Device
  package private(set) var configuration: DecoderConfiguration
  /// [V, E], or more rows behind `limitVocabulary`.
  package let embedding: WeightMatrix
  /// [V, E]: the matrix of `embedding` where they are tied.
  package private(set) var head: WeightMatrix
  let layers: [DecoderLayer]
  let finalNorm: Normalization
  /// [positions, E] of models with learned positions, else one unused element.
  let positionEmbedding: DeviceBuffer<Float>
  /// The rotary embeddings of the model, shared by the layers.
  let rotations: [Rotation]

  /// Reads a layer's attention after its forward pass, before the next layer overwrites it: the
  /// layer's index, queries after norm and RoPE and attention's output, [rows, H, D] each, and the
  /// log-sum-exp of the scores, [rows, H]. The rows of the last layer are the response rows.
  package typealias AttentionReader = (
    Int, _ query: borrowing DeviceBuffer<Float>, _ attended: borrowing DeviceBuffer<Float>,
    _ logSumExp: borrowing DeviceBuffer<Float>
  ) throws(ComputeError) -> Void

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

  /// The head with its logits' scale and soft cap.
  package var logitHead: LogitHead { LogitHead(head, configuration.logitShape) }

  /// Makes V at most `count`: the first ids alone have logits, and softmax gives the others
  /// nothing, as if their logits were minus infinity.
  package func limitVocabulary(to count: Int) {
    guard count < configuration.vocabularySize else { return }
    head = WeightMatrix(first: count, rowsOf: head)
    configuration.vocabularySize = count
  }

  /// Writes the embeddings of tokens to rows of a run's input from `firstRow` on.
  ///
  /// - Throws: `.rowIndex` for an id outside the vocabulary; driver errors.
  package func embed(
    _ identifiers: borrowing RowIndices, count: Int,
    into embeddings: inout DeviceBuffer<Float>, firstRow: Int = 0
  ) throws(ComputeError) {
    try device.embeddingGather(
      embedding, identifiers: identifiers, count: count, scale: configuration.embeddingScale,
      into: &embeddings, at: firstRow)
  }

  /// Computes `activations.states` of the response rows from `activations.embeddings`, and writes
  /// the keys and values of all rows to the cache. Matrix multiplications read their input at
  /// `precision`. `attention` is called for every layer, the first first.
  package func forward(
    _ batch: PackedBatch, cache: KeyValueCache, activations: DecoderActivations,
    precision: ActivationPrecision = .f32, attention: AttentionReader = { _, _, _, _ in }
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
      try attention(index, pass.kept.query, pass.kept.attended, pass.kept.logSumExp)
    }
    try finalNorm.forward(
      device, activations.top, rows: batch.responseRows, into: &activations.states,
      statistics: &activations.topStatistics)
  }

  /// Computes the gradients of a scope from that of `activations.states`, once per `forward`, whose
  /// activations it overwrites. `gatherEmbeddingGradient` then reads those of embeddings.
  ///
  /// - Parameters:
  ///   - stateGradient: [response rows, E], read.
  ///   - batch: the run.
  ///   - cache: its keys and values.
  ///   - activations: its activations.
  ///   - scope: the rows whose gradient is computed.
  ///   - precision: of the gradients that matrix multiplications read.
  ///   - layer: called for every layer, the last first, with its index and the gradients of keys
  ///     and values, [cache rows, G, D] each, which the next layer overwrites.
  /// - Throws: driver errors.
  package func backward(
    stateGradient: borrowing DeviceBuffer<Float>, _ batch: PackedBatch, cache: KeyValueCache,
    activations: DecoderActivations, scope: GradientScope,
    precision: ActivationPrecision = .f32,
    layer: (
      Int, _ key: borrowing DeviceBuffer<Float>, _ value: borrowing DeviceBuffer<Float>
    ) throws(ComputeError) -> Void = { _, _, _ in }
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
      try layer(index, gradients.key, gradients.value)
    }
    if configuration.inputMultiplier != 1, scope != .prefixKeysValues {
      try device.scale(
        &gradients.x, by: configuration.inputMultiplier,
        count: scope.rows(of: batch) * configuration.hiddenSize)
    }
  }

  /// The logits of states that `forward` computed: [count, V], with the model's scale and soft cap.
  ///
  /// - Throws: driver errors.
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

  /// Gathers rows of the gradient that `backward` computed.
  ///
  /// - Throws: driver errors.
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
