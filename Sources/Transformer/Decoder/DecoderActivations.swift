package import Compute

/// The memory of one run of the decoder, allocated once for the largest run.
///
/// Weights are frozen, so the inputs of matrix multiplications are not kept: the gradient of the
/// embeddings needs only the inputs of norms, attention and activation functions.
package final class DecoderActivations {
  /// The activations that one layer keeps for the backward pass. In inference all layers share one.
  final class Layer {
    /// [rows, E]: the layer's input residual.
    var x: DeviceBuffer<Float>
    var inputStatistics: Normalization.Statistics
    /// [rows, H, D], after RoPE.
    var query: DeviceBuffer<Float>
    /// [rows, H, D] and [rows, G, D]: queries and keys before their norm, where the model has one.
    var queryInput: DeviceBuffer<Float>
    var keyInput: DeviceBuffer<Float>
    /// [rows, H, D]: output of attention.
    var attended: DeviceBuffer<Float>
    /// [rows, H].
    var logSumExp: DeviceBuffer<Float>
    /// [rows, E]: output of the attention block, where it is not added to the residual directly.
    var attentionOutput: DeviceBuffer<Float>
    var attentionOutputStatistics: Normalization.Statistics
    /// [rows, E]: post-attention residual.
    var postAttention: DeviceBuffer<Float>
    var postAttentionStatistics: Normalization.Statistics
    /// [rows, 2F] or [rows, F].
    var preactivation: DeviceBuffer<Float>
    /// [rows, E]: output of the feed-forward block, where it is not added to the residual directly.
    var feedForwardOutput: DeviceBuffer<Float>
    var feedForwardOutputStatistics: Normalization.Statistics

    /// Memory for `rows` input rows, of which `outgoing` continue after keys and values.
    init(
      _ device: Device, configuration: DecoderConfiguration, rows: Int, outgoing: Int
    ) throws(ComputeError) {
      let (width, heads) = (configuration.hiddenSize, configuration.heads)
      let isNormed = configuration.queryKeyNorm != .none
      let outputs = configuration.addsBlocksDirectly ? 0 : outgoing
      x = try device.buffer(count: rows * width)
      inputStatistics = try Normalization.Statistics(device, rows: rows)
      query = try device.buffer(count: outgoing * heads.queryWidth)
      queryInput = try device.buffer(count: isNormed ? outgoing * heads.queryWidth : 0)
      keyInput = try device.buffer(count: isNormed ? rows * heads.keyValueWidth : 0)
      attended = try device.buffer(count: outgoing * heads.queryWidth)
      logSumExp = try device.buffer(count: outgoing * heads.queryHeads)
      attentionOutput = try device.buffer(count: outputs * width)
      attentionOutputStatistics = try Normalization.Statistics(device, rows: outputs)
      postAttention = try device.buffer(count: outgoing * width)
      postAttentionStatistics = try Normalization.Statistics(device, rows: outgoing)
      preactivation = try device.buffer(count: outgoing * FeedForward.inputWidth(configuration))
      feedForwardOutput = try device.buffer(count: outputs * width)
      feedForwardOutputStatistics = try Normalization.Statistics(device, rows: outputs)
    }
  }

  /// Scratch memory of the backward pass.
  final class Gradients {
    /// [rows, E]: the gradient of the residual; at the end that of the embeddings.
    var x: DeviceBuffer<Float>
    /// [rows, E]: the gradient of a block's output or input, for models with output norms or
    /// parallel blocks.
    var branch: DeviceBuffer<Float>
    /// [response rows, E]: the gradient of the residual after the last layer's attention.
    var responses: DeviceBuffer<Float>
    /// [response rows, E].
    var responseNormed: DeviceBuffer<Float>
    /// [rows, H, D].
    var attended: DeviceBuffer<Float>
    /// [rows, H, D].
    var query: DeviceBuffer<Float>
    /// [cache rows, G, D].
    var key: DeviceBuffer<Float>
    /// [cache rows, G, D].
    var value: DeviceBuffer<Float>

    init(
      _ device: Device, configuration: DecoderConfiguration, rows: Int, responseRows: Int,
      cacheRows: Int
    ) throws(ComputeError) {
      let (width, heads) = (configuration.hiddenSize, configuration.heads)
      x = try device.buffer(count: rows * width)
      branch = try device.buffer(count: configuration.usesBranchGradient ? rows * width : 0)
      responses = try device.buffer(count: responseRows * width)
      responseNormed = try device.buffer(count: responseRows * width)
      attended = try device.buffer(count: rows * heads.queryWidth)
      query = try device.buffer(count: rows * heads.queryWidth)
      key = try device.buffer(count: cacheRows * heads.keyValueWidth)
      value = try device.buffer(count: cacheRows * heads.keyValueWidth)
    }
  }

  /// Capacity in rows, and in response rows.
  package let capacity: Int
  package let responseCapacity: Int
  let layers: [Layer]
  /// Nil in inference.
  let gradients: Gradients?

  /// [rows, E], scratch: normalised rows, and their gradients.
  var normed: DeviceBuffer<Float>
  /// [response rows, E], scratch.
  var responseNormed: DeviceBuffer<Float>
  /// [rows, (H + 2G) D], scratch: query, key and value of one matrix multiplication, and their
  /// gradients.
  var projected: DeviceBuffer<Float>
  /// [rows, F], scratch: the feed-forward block's hidden rows, and their gradients.
  var hidden: DeviceBuffer<Float>
  /// [response rows, E]: the residual after the last layer.
  var top: DeviceBuffer<Float>
  var topStatistics: Normalization.Statistics

  /// [response rows, E]: the head's input, after the final norm.
  package var states: DeviceBuffer<Float>

  /// Memory for runs of up to `rows` rows with up to `responseRows` response rows, which attend to
  /// up to `cacheRows` rows of the cache; nil where no run attends to those of earlier runs. With
  /// `training` it keeps the activations that the backward pass needs.
  ///
  /// - Throws: allocation errors.
  package init(
    _ device: Device, configuration: DecoderConfiguration, rows: Int, responseRows: Int,
    cacheRows: Int? = nil, training: Bool
  ) throws(ComputeError) {
    let (width, heads) = (configuration.hiddenSize, configuration.heads)
    capacity = rows
    responseCapacity = responseRows
    var layers: [Layer] = []
    for index in 0..<(training ? configuration.layerCount : 1) {
      // The last layer continues with its response rows alone; in inference all layers share the
      // memory of the first.
      let keepsAllRows = !training || index < configuration.layerCount - 1
      layers.append(
        try Layer(
          device, configuration: configuration, rows: rows,
          outgoing: keepsAllRows ? rows : responseRows))
    }
    self.layers =
      training ? layers : [Layer](repeating: layers[0], count: configuration.layerCount)
    gradients =
      training
      ? try Gradients(
        device, configuration: configuration, rows: rows, responseRows: responseRows,
        cacheRows: cacheRows ?? rows) : nil
    normed = try device.buffer(count: rows * width)
    responseNormed = try device.buffer(count: responseRows * width)
    projected = try device.buffer(count: rows * heads.fusedWidth)
    hidden = try device.buffer(count: rows * configuration.feedForwardSize)
    top = try device.buffer(count: responseRows * width)
    topStatistics = try Normalization.Statistics(device, rows: responseRows)
    states = try device.buffer(count: responseRows * width)
  }

  /// The first layer's input, [rows, E], which the caller fills before `forward`.
  package var embeddings: DeviceBuffer<Float> {
    _read { yield layers[0].x }
    _modify { yield &layers[0].x }
  }
}

extension DecoderConfiguration {
  /// Whether the last matrix multiplication of each block adds to the residual directly.
  var addsBlocksDirectly: Bool {
    switch residual {
    case .serial(let norms, let multiplier): norms == .before && multiplier == 1
    case .parallel: true
    }
  }

  /// Whether the backward pass keeps a second gradient next to the residual's.
  fileprivate var usesBranchGradient: Bool {
    if case .parallel = residual { return true }
    return !addsBlocksDirectly
  }
}
