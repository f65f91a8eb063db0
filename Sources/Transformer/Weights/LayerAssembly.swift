internal import Compute

/// Assembles the layers of a decoder from their tensors.
struct LayerAssembly<Source: WeightSource> {
  let device: Device
  let configuration: DecoderConfiguration
  let source: Source

  private var width: Int { configuration.hiddenSize }
  private var heads: HeadShape { configuration.heads }

  func layer(
    _ index: Int, _ names: LayerTensors, _ rotation: Rotation
  ) throws(TransformerError) -> DecoderLayer {
    let isLast = index == configuration.layerCount - 1
    let projection = try projection(
      names.attention, order: configuration.headOrder(ofLayer: index), isLast: isLast)
    let output = try source.matrix(
      [TensorRows(names.output, count: width)], inputs: heads.queryWidth)
    let rows = FeedForward.inputWidth(configuration) / names.up.count
    let up = try source.matrix(names.up.map { TensorRows($0, count: rows) }, inputs: width)
    let down = try source.matrix(
      [TensorRows(names.down, count: width)], inputs: configuration.feedForwardSize)
    return DecoderLayer(
      form: configuration.residual,
      attentionBranch: try branch(before: names.inputNorm, after: names.attentionOutputNorm),
      attention: SelfAttention(
        configuration: configuration, layer: index, projection: projection,
        queryKeyNorm: try queryKeyNorm(names), output: output, rotation: rotation),
      feedForwardBranch: try branch(
        before: names.feedForwardInputNorm, after: names.feedForwardOutputNorm),
      feedForward: FeedForward(configuration: configuration, up: up, down: down))
  }

  func norm(_ name: TensorName) throws(TransformerError) -> Normalization {
    var weight = try source.vector(name.weight, count: width)
    if configuration.normalizationWeightOffset != 0 {
      for index in weight.indices { weight[index] += configuration.normalizationWeightOffset }
    }
    let bias = try name.bias.map { bias throws(TransformerError) in
      try source.vector(bias, count: width)
    }
    return try computing { () throws(ComputeError) in
      try Normalization(device, configuration: configuration, weight: weight, bias: bias)
    }
  }

  private func branch(
    before: TensorName?, after: TensorName?
  ) throws(TransformerError) -> ResidualBranch {
    var multiplier: Float = 1
    if case .serial(_, let found) = configuration.residual { multiplier = found }
    return ResidualBranch(
      before: try before.map { name throws(TransformerError) in try norm(name) },
      after: try after.map { name throws(TransformerError) in try norm(name) },
      multiplier: multiplier, width: width)
  }

  /// Query, key and value as one matrix, or as two in the last layer. `order` is that of a head's
  /// elements, where it is not the checkpoint's.
  private func projection(
    _ attention: LayerTensors.Attention, order: [Int]?, isLast: Bool
  ) throws(TransformerError) -> SelfAttention.Projection {
    let query: TensorRows
    let keysAndValues: [TensorRows]
    switch attention {
    case .separate(let queryName, let key, let value):
      query = headRows(queryName, heads: heads.queryHeads, order: order)
      keysAndValues = [
        headRows(key, heads: heads.keyValueHeads, order: order),
        TensorRows(value, count: heads.keyValueWidth),
      ]
    case .stacked(let name):
      let all = TensorRows(name, count: heads.fusedWidth)
      guard isLast else { return .fused(try source.matrix([all], inputs: width)) }
      query = TensorRows(name, count: all.count, ranges: [0..<heads.queryWidth])
      keysAndValues = [
        TensorRows(name, count: all.count, ranges: [heads.queryWidth..<all.count])
      ]
    case .grouped(let name):
      let (count, dimension) = (heads.fusedWidth, heads.headDimension)
      let starts = (0..<heads.keyValueHeads).map { $0 * (heads.groupSize + 2) * dimension }
      let queries = heads.groupSize * dimension
      query = TensorRows(name, count: count, ranges: starts.map { $0..<($0 + queries) })
      keysAndValues = [queries, queries + dimension].map { offset in
        TensorRows(
          name, count: count,
          ranges: starts.map { ($0 + offset)..<($0 + offset + dimension) })
      }
    }
    guard isLast else {
      return .fused(try source.matrix([query] + keysAndValues, inputs: width))
    }
    return .split(
      query: try source.matrix([query], inputs: width),
      keyValue: try source.matrix(keysAndValues, inputs: width))
  }

  /// The rows of query or key heads, reordered within each head. Scores are the same, as long as
  /// queries and keys have the same order.
  private func headRows(_ name: TensorName, heads count: Int, order: [Int]?) -> TensorRows {
    let dimension = heads.headDimension
    guard let order else { return TensorRows(name, count: count * dimension) }
    return TensorRows(
      name, count: count * dimension,
      ranges: (0..<count).flatMap { head in
        order.map { ($0 + head * dimension)..<($0 + head * dimension + 1) }
      })
  }

  private func queryKeyNorm(_ names: LayerTensors) throws(TransformerError) -> QueryKeyNorm? {
    guard configuration.queryKeyNorm != .none, let query = names.queryNorm, let key = names.keyNorm
    else { return nil }
    let queryWeight = try headNorm(query, heads: heads.queryHeads)
    let keyWeight = try headNorm(key, heads: heads.keyValueHeads)
    return try computing { () throws(ComputeError) in
      try QueryKeyNorm(device, configuration: configuration, query: queryWeight, key: keyWeight)
    }
  }

  /// The weights of all heads, [heads, D].
  private func headNorm(
    _ name: LayerTensors.HeadNorm, heads count: Int
  ) throws(TransformerError) -> [Float] {
    let dimension = heads.headDimension
    var weights: [Float] = []
    switch name {
    case .shared(let name) where configuration.queryKeyNorm == .wholeWidth:
      weights = try source.vector(name, count: count * dimension)
    case .shared(let name):
      let head = try source.vector(name, count: dimension)
      weights = [[Float]](repeating: head, count: count).flatMap(\.self)
    case .separate(let names):
      for name in names { weights += try source.vector(name, count: dimension) }
    }
    return weights.map { $0 + configuration.normalizationWeightOffset }
  }
}
