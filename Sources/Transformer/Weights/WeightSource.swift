internal import Compute

/// A source of a decoder's frozen weights: a checkpoint, or a seeded generator for benchmarks.
protocol WeightSource {
  /// Stacked rows of matrices of `inputs` columns, with their biases.
  func matrix(_ parts: [TensorRows], inputs: Int) throws(TransformerError) -> WeightMatrix
  /// An embedding or head, [rows, columns], by its full name.
  func table(_ name: String, rows: Int, columns: Int) throws(TransformerError) -> WeightMatrix
  /// A norm's weight, or a bias.
  func vector(_ name: String, count: Int) throws(TransformerError) -> [Float]
  /// A table that stays f32, [rows, columns].
  func floats(_ name: String, rows: Int, columns: Int) throws(TransformerError) -> [Float]
}

extension Decoder {
  /// Assembles a decoder on a device. `progress` is called with the number of finished layers.
  static func assemble(
    _ device: Device, configuration: DecoderConfiguration, tensors: DecoderTensors,
    source: some WeightSource, progress: (Int) -> Void = { _ in }
  ) throws(TransformerError) -> Decoder {
    let (width, vocabulary) = (configuration.hiddenSize, configuration.vocabularySize)
    let embedding = try source.table(tensors.embedding, rows: vocabulary, columns: width)
    let head =
      configuration.tiesEmbeddings
      ? embedding : try source.table(tensors.head, rows: vocabulary, columns: width)
    let positions: [Float] =
      try tensors.positions.map { name throws(TransformerError) in
        try source.floats(name, rows: configuration.maximumPositions, columns: width)
      } ?? [0]
    let assembly = LayerAssembly(device: device, configuration: configuration, source: source)
    var rotations: [Rotation] = []
    var layers: [DecoderLayer] = []
    for index in 0..<configuration.layerCount {
      let parameters = configuration.rotation(ofLayer: index)
      var rotation = rotations.first { $0.parameters == parameters }
      if rotation == nil {
        let made = try computing { () throws(ComputeError) in try Rotation(device, parameters) }
        rotations.append(made)
        rotation = made
      }
      guard let rotation else { preconditionFailure("made just now") }
      layers.append(try assembly.layer(index, tensors.layer(index), rotation))
      progress(index + 1)
    }
    let finalNorm = try assembly.norm(tensors.finalNorm)
    let positionEmbedding = try computing { () throws(ComputeError) in
      try device.buffer(positions)
    }
    return Decoder(
      device, configuration: configuration, embedding: embedding, head: head, layers: layers,
      finalNorm: finalNorm, positionEmbedding: positionEmbedding, rotations: rotations)
  }
}
