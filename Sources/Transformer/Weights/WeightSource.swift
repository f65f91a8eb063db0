internal import Compute

/// Where a decoder's frozen weights come from: a checkpoint, or a seeded generator for benchmarks.
protocol WeightSource {
  /// Matrices stacked row-wise, each [outputs, inputs], with their biases.
  func matrix(
    _ pieces: [(name: TensorName, outputs: Int)], inputs: Int
  ) throws(TransformerError) -> WeightMatrix
  /// Rows `rows` of a fused matrix of `outputs` rows.
  func matrix(
    _ name: TensorName, rows: Range<Int>, of outputs: Int, inputs: Int
  ) throws(TransformerError) -> WeightMatrix
  /// An embedding or head, [rows, columns], by its full name.
  func table(_ name: String, rows: Int, columns: Int) throws(TransformerError) -> WeightMatrix
  /// A norm's weight, or a bias.
  func vector(_ name: String, count: Int) throws(TransformerError) -> [Float]
  /// A table that stays f32, [rows, columns].
  func floats(_ name: String, rows: Int, columns: Int) throws(TransformerError) -> [Float]
}

extension Decoder {
  /// Assembles a decoder on a device from its weights. `progress` is called with the layers that are ready.
  convenience init(
    _ device: Device, configuration: DecoderConfiguration, tensors: DecoderTensors,
    source: some WeightSource, progress: (Int) -> Void = { _ in }
  ) throws(TransformerError) {
    let (width, vocabulary) = (configuration.hiddenSize, configuration.vocabularySize)
    let embedding = try source.table(tensors.embedding, rows: vocabulary, columns: width)
    let head =
      configuration.tiesEmbeddings
      ? embedding : try source.table(tensors.head, rows: vocabulary, columns: width)
    let positions: [Float] =
      try tensors.positions.map { name throws(TransformerError) in
        try source.floats(name, rows: configuration.maximumPositions, columns: width)
      } ?? [0]
    let rotation = try computing { () throws(ComputeError) in
      try Rotation(device, configuration: configuration)
    }
    var layers: [DecoderLayer] = []
    for index in 0..<configuration.layerCount {
      layers.append(
        try Self.layer(
          index, device, configuration, tensors.layer(index), source, rotation))
      progress(index + 1)
    }
    let finalNorm = try Self.norm(device, configuration, tensors.finalNorm, source)
    let positionEmbedding = try computing { () throws(ComputeError) in
      try device.buffer(positions)
    }
    self.init(
      device, configuration: configuration, embedding: embedding, head: head, layers: layers,
      finalNorm: finalNorm, positionEmbedding: positionEmbedding, rotation: rotation)
  }

  private static func layer(
    _ index: Int, _ device: Device, _ configuration: DecoderConfiguration,
    _ names: LayerTensors, _ source: some WeightSource, _ rotation: Rotation
  ) throws(TransformerError) -> DecoderLayer {
    let (width, heads) = (configuration.hiddenSize, configuration.heads)
    let isLast = index == configuration.layerCount - 1
    let projection = try projection(names.attention, configuration, source, isLast: isLast)
    let output = try source.matrix([(names.output, width)], inputs: heads.queryWidth)
    let up = try source.matrix(
      names.up.map { ($0, configuration.feedForwardSize) }, inputs: width)
    let down = try source.matrix([(names.down, width)], inputs: configuration.feedForwardSize)
    return DecoderLayer(
      inputNorm: try norm(device, configuration, names.inputNorm, source),
      attention: SelfAttention(
        configuration: configuration, layer: index, projection: projection, output: output,
        rotation: rotation),
      middleNorm: try norm(device, configuration, names.middleNorm, source),
      feedForward: FeedForward(configuration: configuration, up: up, down: down))
  }

  private static func projection(
    _ attention: LayerTensors.Attention, _ configuration: DecoderConfiguration,
    _ source: some WeightSource, isLast: Bool
  ) throws(TransformerError) -> SelfAttention.Projection {
    let (width, heads) = (configuration.hiddenSize, configuration.heads)
    switch attention {
    case .separate(let query, let key, let value):
      let queries = (query, heads.queryWidth)
      let keysAndValues = [(key, heads.keyValueWidth), (value, heads.keyValueWidth)]
      guard isLast else {
        return .fused(try source.matrix([queries] + keysAndValues, inputs: width))
      }
      return .split(
        query: try source.matrix([queries], inputs: width),
        keyValue: try source.matrix(keysAndValues, inputs: width))
    case .fused(let name):
      guard isLast else {
        return .fused(try source.matrix([(name, heads.fusedWidth)], inputs: width))
      }
      return .split(
        query: try source.matrix(
          name, rows: 0..<heads.queryWidth, of: heads.fusedWidth, inputs: width),
        keyValue: try source.matrix(
          name, rows: heads.queryWidth..<heads.fusedWidth, of: heads.fusedWidth, inputs: width))
    }
  }

  private static func norm(
    _ device: Device, _ configuration: DecoderConfiguration, _ name: TensorName,
    _ source: some WeightSource
  ) throws(TransformerError) -> Normalization {
    let weight = try source.vector(name.weight, count: configuration.hiddenSize)
    let bias = try name.bias.map { bias throws(TransformerError) in
      try source.vector(bias, count: configuration.hiddenSize)
    }
    return try computing { () throws(ComputeError) in
      try Normalization(device, configuration: configuration, weight: weight, bias: bias)
    }
  }
}
