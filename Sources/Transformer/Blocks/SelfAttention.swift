internal import Compute

/// The attention block: query, key and value from one product, rotation, attention over the cache, output product.
final class SelfAttention {
  /// The matrices that give query, key and value.
  enum Projection {
    /// Query, key and value rows stacked: [(H + 2G) D, E].
    case fused(WeightMatrix)
    /// [H D, E], and key and value stacked, [2 G D, E]: the last layer's.
    case split(query: WeightMatrix, keyValue: WeightMatrix)
  }

  /// E.
  let width: Int
  private let heads: HeadShape
  private let scale: Float
  private let window: Int?
  private let projection: Projection
  /// [E, H D].
  private let output: WeightMatrix
  private let rotation: Rotation

  init(
    configuration: DecoderConfiguration, layer: Int, projection: Projection,
    output: WeightMatrix, rotation: Rotation
  ) {
    width = configuration.hiddenSize
    heads = configuration.heads
    scale = configuration.attentionScale
    window = configuration.windows[layer]
    self.projection = projection
    self.output = output
    self.rotation = rotation
  }

  /// From `shared.normed` to `kept.attended`, over all rows.
  func forward(_ pass: DecoderLayer.Pass) throws(ComputeError) {
    guard case .fused(let matrix) = projection else {
      preconditionFailure("the last layer goes on with its response rows")
    }
    let (device, batch, kept, shared) = (pass.device, pass.batch, pass.kept, pass.shared)
    try device.product(shared.normed, matrix, rows: batch.rows, into: &shared.projected)
    try device.splitHeads(
      shared.projected, rotation: rotation.table, positions: batch.positions,
      keyRows: batch.keyRows,
      heads: heads, rows: batch.rows, query: &kept.query, key: &pass.cache.key,
      value: &pass.cache.value)
    try attend(pass, batch.layout(window: window))
  }

  /// From `shared.normed` to `kept.attended`, over the response rows; keys and values of all rows.
  func forwardResponses(_ pass: DecoderLayer.Pass) throws(ComputeError) {
    guard case .split(let query, let keyValue) = projection else {
      preconditionFailure("only the last layer goes on with its response rows")
    }
    let (device, batch, kept, shared) = (pass.device, pass.batch, pass.kept, pass.shared)
    try device.product(shared.normed, keyValue, rows: batch.rows, into: &shared.projected)
    try device.splitKeyValue(
      shared.projected, rotation: rotation.table, positions: batch.positions,
      keyRows: batch.keyRows,
      heads: heads, rows: batch.rows, key: &pass.cache.key, value: &pass.cache.value)
    try device.gatherRows(
      shared.normed, at: batch.responses, count: batch.responseRows, width: width,
      into: &shared.responseNormed)
    try device.product(
      shared.responseNormed, query, rows: batch.responseRows, into: &shared.projected)
    try device.splitQuery(
      shared.projected, rotation: rotation.table, positions: batch.responsePositions, heads: heads,
      rows: batch.responseRows, query: &kept.query)
    try attend(pass, batch.responseLayout(window: window))
  }

  private func attend(
    _ pass: DecoderLayer.Pass, _ layout: AttentionLayout
  ) throws(ComputeError) {
    let kept = pass.kept
    try pass.device.attention(
      query: kept.query, key: pass.cache.key, value: pass.cache.value, layout: layout,
      heads: heads, scale: scale, into: &kept.attended, logSumExp: &kept.logSumExp)
  }

  /// Adds the output product of attended rows to the residual stream.
  func project(
    _ device: Device, _ attended: borrowing DeviceBuffer<Float>, rows: Int,
    addingTo residual: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try device.product(attended, output, rows: rows, accumulating: true, into: &residual)
  }

  /// From the gradient of the residual stream, `gradients.x`, to that of `shared.normed`, which replaces it there.
  func backward(
    _ pass: DecoderLayer.Pass, _ gradients: DecoderActivations.Gradients,
    scope: AttentionGradientScope
  ) throws(ComputeError) {
    guard case .fused(let matrix) = projection else {
      preconditionFailure("the last layer goes on with its response rows")
    }
    let (device, batch, shared) = (pass.device, pass.batch, pass.shared)
    try device.productBackward(gradients.x, output, rows: batch.rows, into: &gradients.attended)
    try attendBackward(pass, gradients, batch.layout(window: window), scope: scope)
    let rows = scope == .all ? batch.rows : batch.prefixRows
    try device.mergeHeads(
      queryGradient: gradients.query, keyGradient: gradients.key, valueGradient: gradients.value,
      rotation: rotation.table, positions: batch.positions, keyRows: batch.keyRows, heads: heads,
      rows: rows, into: &shared.projected)
    try device.productBackward(shared.projected, matrix, rows: rows, into: &shared.normed)
  }

  /// From the gradient of the response rows' residual stream to that of `shared.normed`.
  func backwardResponses(
    _ pass: DecoderLayer.Pass, _ gradients: DecoderActivations.Gradients,
    scope: AttentionGradientScope
  ) throws(ComputeError) {
    guard case .split(let query, let keyValue) = projection else {
      preconditionFailure("only the last layer goes on with its response rows")
    }
    let (device, batch, shared) = (pass.device, pass.batch, pass.shared)
    try device.productBackward(
      gradients.responses, output, rows: batch.responseRows, into: &gradients.attended)
    try attendBackward(pass, gradients, batch.responseLayout(window: window), scope: scope)
    try device.mergeKeyValue(
      keyGradient: gradients.key, valueGradient: gradients.value, rotation: rotation.table,
      positions: batch.positions, keyRows: batch.keyRows, heads: heads,
      rows: scope == .all ? batch.rows : batch.prefixRows, into: &shared.projected)
    try device.productBackward(
      shared.projected, keyValue, rows: scope == .all ? batch.rows : batch.prefixRows,
      into: &shared.normed)
    // The response rows stand behind the prefix: below it they have no gradient to give.
    guard scope == .all else { return }
    try device.mergeQuery(
      gradients.query, rotation: rotation.table, positions: batch.responsePositions,
      heads: heads, rows: batch.responseRows, into: &shared.projected)
    try device.productBackward(
      shared.projected, query, rows: batch.responseRows, into: &gradients.responseNormed)
    try device.scatterRows(
      gradients.responseNormed, to: batch.responses, count: batch.responseRows, width: width,
      accumulating: true, in: &shared.normed)
  }

  private func attendBackward(
    _ pass: DecoderLayer.Pass, _ gradients: DecoderActivations.Gradients,
    _ layout: AttentionLayout, scope: AttentionGradientScope
  ) throws(ComputeError) {
    let kept = pass.kept
    try pass.device.attentionBackward(
      outputGradient: gradients.attended, query: kept.query, key: pass.cache.key,
      value: pass.cache.value, output: kept.attended, logSumExp: kept.logSumExp, layout: layout,
      heads: heads, scale: scale, scope: scope, queryGradient: &gradients.query,
      keyGradient: &gradients.key, valueGradient: &gradients.value)
  }
}
