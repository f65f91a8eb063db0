package import Compute

/// The memory of one run of the decoder, allocated once for the largest run and used by every run after.
///
/// Weights are frozen, so the inputs of products are not kept: the gradient with respect to the embeddings needs only what the
/// norms, the attention and the activations saw.
package final class DecoderActivations {
  /// What one layer keeps for its gradient. In inference all layers share one of these.
  final class Layer {
    /// [rows, E]: the residual stream as it enters.
    var x: DeviceBuffer<Float>
    var inputStatistics: Normalization.Statistics
    /// [rows, H, D], rotated.
    var query: DeviceBuffer<Float>
    /// [rows, H, D] and [rows, G, D]: queries and keys before their norm, of models that have one.
    var queryInput: DeviceBuffer<Float>
    var keyInput: DeviceBuffer<Float>
    /// [rows, H, D]: what attention gave.
    var attended: DeviceBuffer<Float>
    /// [rows, H].
    var logSumExp: DeviceBuffer<Float>
    /// [rows, E]: what the attention block gave, of models that do not add it to the stream as it is.
    var attentionOutput: DeviceBuffer<Float>
    var attentionOutputStatistics: Normalization.Statistics
    /// [rows, E]: the residual stream behind attention, before the feed-forward block's output is added.
    var middle: DeviceBuffer<Float>
    var middleStatistics: Normalization.Statistics
    /// [rows, 2F] or [rows, F].
    var preactivation: DeviceBuffer<Float>
    /// As `attentionOutput`, of the feed-forward block.
    var feedForwardOutput: DeviceBuffer<Float>
    var feedForwardOutputStatistics: Normalization.Statistics

    /// Memory for `rows` rows that enter, of which `outgoing` go on behind the keys and values.
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
      middle = try device.buffer(count: outgoing * width)
      middleStatistics = try Normalization.Statistics(device, rows: outgoing)
      preactivation = try device.buffer(count: outgoing * FeedForward.inputWidth(configuration))
      feedForwardOutput = try device.buffer(count: outputs * width)
      feedForwardOutputStatistics = try Normalization.Statistics(device, rows: outputs)
    }
  }

  /// Scratch of the backward pass.
  final class Gradients {
    /// [rows, E]: the gradient of the residual stream; in the end that of the embeddings.
    var x: DeviceBuffer<Float>
    /// [rows, E]: the gradient of a block's output or input, of models whose blocks are not direct or run side by side.
    var branch: DeviceBuffer<Float>
    /// [response rows, E]: the same above the last layer's attention, on response rows alone.
    var responses: DeviceBuffer<Float>
    /// [response rows, E].
    var responseNormed: DeviceBuffer<Float>
    /// [rows, H, D].
    var attended: DeviceBuffer<Float>
    /// [rows, H, D].
    var query: DeviceBuffer<Float>
    /// [keys, G, D].
    var key: DeviceBuffer<Float>
    /// [keys, G, D].
    var value: DeviceBuffer<Float>

    init(
      _ device: Device, configuration: DecoderConfiguration, rows: Int, responseRows: Int
    ) throws(ComputeError) {
      let (width, heads) = (configuration.hiddenSize, configuration.heads)
      x = try device.buffer(count: rows * width)
      branch = try device.buffer(count: configuration.usesBranchGradient ? rows * width : 0)
      responses = try device.buffer(count: responseRows * width)
      responseNormed = try device.buffer(count: responseRows * width)
      attended = try device.buffer(count: rows * heads.queryWidth)
      query = try device.buffer(count: rows * heads.queryWidth)
      key = try device.buffer(count: rows * heads.keyValueWidth)
      value = try device.buffer(count: rows * heads.keyValueWidth)
    }
  }

  /// Rows and response rows that there is room for.
  package let capacity: Int
  package let responseCapacity: Int
  let layers: [Layer]
  /// Nil in inference.
  let gradients: Gradients?

  /// [rows, E], scratch: normalised rows, and the gradients of those.
  var normed: DeviceBuffer<Float>
  /// [response rows, E], scratch.
  var responseNormed: DeviceBuffer<Float>
  /// [rows, (H + 2G) D], scratch: query, key and value as one product gives them, and their gradients.
  var projected: DeviceBuffer<Float>
  /// [rows, F], scratch: the feed-forward block's hidden rows, and their gradients.
  var hidden: DeviceBuffer<Float>
  /// [response rows, E]: the residual stream above the last layer.
  var top: DeviceBuffer<Float>
  var topStatistics: Normalization.Statistics

  /// [response rows, E]: what the head reads, after the final norm.
  package var states: DeviceBuffer<Float>

  /// Room for runs of up to `rows` rows with up to `responseRows` response rows. `training` keeps what the backward pass
  /// needs.
  package init(
    _ device: Device, configuration: DecoderConfiguration, rows: Int, responseRows: Int,
    training: Bool
  ) throws(ComputeError) {
    let (width, heads) = (configuration.hiddenSize, configuration.heads)
    capacity = rows
    responseCapacity = responseRows
    var layers: [Layer] = []
    for index in 0..<(training ? configuration.layerCount : 1) {
      // The last layer goes on with its response rows alone; in inference all layers share the first one's memory.
      let goesOn = !training || index < configuration.layerCount - 1
      layers.append(
        try Layer(
          device, configuration: configuration, rows: rows, outgoing: goesOn ? rows : responseRows))
    }
    self.layers =
      training ? layers : [Layer](repeating: layers[0], count: configuration.layerCount)
    gradients =
      training
      ? try Gradients(
        device, configuration: configuration, rows: rows, responseRows: responseRows) : nil
    normed = try device.buffer(count: rows * width)
    responseNormed = try device.buffer(count: responseRows * width)
    projected = try device.buffer(count: rows * heads.fusedWidth)
    hidden = try device.buffer(count: rows * configuration.feedForwardSize)
    top = try device.buffer(count: responseRows * width)
    topStatistics = try Normalization.Statistics(device, rows: responseRows)
    states = try device.buffer(count: responseRows * width)
  }

  /// The first layer's input: [rows, E], to be filled before `forward`.
  package var embeddings: DeviceBuffer<Float> {
    _read { yield layers[0].x }
    _modify { yield &layers[0].x }
  }
}

extension DecoderConfiguration {
  /// Nothing stands between a block's last product and the residual stream.
  var addsBlocksDirectly: Bool {
    switch residual {
    case .serial(let norms, let multiplier): norms == .before && multiplier == 1
    case .parallel: true
    }
  }

  /// The backward pass holds a gradient beside that of the residual stream.
  fileprivate var usesBranchGradient: Bool {
    if case .parallel = residual { return true }
    return !addsBlocksDirectly
  }
}
