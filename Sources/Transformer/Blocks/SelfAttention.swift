internal import Compute

/// The attention block: query, key and value projection, query/key norm where the model has one,
/// RoPE, attention over the cache, output projection.
final class SelfAttention {
  /// The matrices of query, key and value.
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
  private let softCap: Float?
  private let window: Int?
  private let projection: Projection
  private let queryKeyNorm: QueryKeyNorm?
  /// [E, H D]: the last matrix, which the residual branch multiplies.
  let output: WeightMatrix
  private let rotation: Rotation

  init(
    configuration: DecoderConfiguration, layer: Int, projection: Projection,
    queryKeyNorm: QueryKeyNorm?, output: WeightMatrix, rotation: Rotation
  ) {
    width = configuration.hiddenSize
    heads = configuration.heads
    scale = configuration.attentionScale
    softCap = configuration.attentionSoftCap
    window = configuration.windows[layer]
    self.projection = projection
    self.queryKeyNorm = queryKeyNorm
    self.output = output
    self.rotation = rotation
  }

  /// Computes `kept.attended` from `shared.normed`, over all rows.
  func forward(_ pass: DecoderLayer.Pass) throws(ComputeError) {
    guard case .fused(let matrix) = projection else {
      preconditionFailure("the last layer runs on its response rows alone")
    }
    let (device, batch, kept, shared) = (pass.device, pass.batch, pass.kept, pass.shared)
    try device.matmul(
      shared.normed, matrix, rows: batch.rows, precision: pass.precision, into: &shared.projected)
    try queryKeyNorm?.forward(pass, .all, rows: batch.rows)
    try device.splitHeads(
      shared.projected, rotation: table(pass), positions: batch.positions,
      keyRows: batch.keyRows,
      heads: heads, rows: batch.rows, query: &kept.query, key: &pass.cache.key,
      value: &pass.cache.value)
    try attend(pass, batch.layout(window: window))
  }

  /// Computes `kept.attended` from `shared.normed`, over the response rows, and keys and values of
  /// all rows.
  func forwardResponses(_ pass: DecoderLayer.Pass) throws(ComputeError) {
    guard case .split(let query, let keyValue) = projection else {
      preconditionFailure("only the last layer runs on its response rows alone")
    }
    let (device, batch, kept, shared) = (pass.device, pass.batch, pass.kept, pass.shared)
    try device.matmul(
      shared.normed, keyValue, rows: batch.rows, precision: pass.precision, into: &shared.projected)
    try queryKeyNorm?.forward(pass, .keyValue, rows: batch.rows)
    try device.splitKeyValue(
      shared.projected, rotation: table(pass), positions: batch.positions,
      keyRows: batch.keyRows,
      heads: heads, rows: batch.rows, key: &pass.cache.key, value: &pass.cache.value)
    try device.gatherRows(
      shared.normed, at: batch.responses, count: batch.responseRows, width: width,
      into: &shared.responseNormed)
    try device.matmul(
      shared.responseNormed, query, rows: batch.responseRows, precision: pass.precision,
      into: &shared.projected)
    try queryKeyNorm?.forward(pass, .query, rows: batch.responseRows)
    try device.splitQuery(
      shared.projected, rotation: table(pass), positions: batch.responsePositions, heads: heads,
      rows: batch.responseRows, query: &kept.query)
    try attend(pass, batch.responseLayout(window: window))
  }

  private func attend(
    _ pass: DecoderLayer.Pass, _ layout: AttentionLayout
  ) throws(ComputeError) {
    let kept = pass.kept
    try pass.device.attention(
      query: kept.query, key: pass.cache.key, value: pass.cache.value, layout: layout,
      heads: heads, scale: scale, softCap: softCap, precision: pass.precision,
      into: &kept.attended, logSumExp: &kept.logSumExp)
  }

  /// Computes the gradient of the attention output from that of the block's output.
  func projectBackward(
    _ device: Device, _ outputGradient: borrowing DeviceBuffer<Float>, rows: Int,
    precision: ActivationPrecision, into attendedGradient: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try device.matmulBackward(
      outputGradient, output, rows: rows, precision: precision, into: &attendedGradient)
  }

  /// Replaces `shared.normed` by its gradient, computed from `gradients.attended`, unless those of
  /// keys and values are all that is in scope.
  func backward(
    _ pass: DecoderLayer.Pass, _ gradients: DecoderActivations.Gradients, scope: GradientScope
  ) throws(ComputeError) {
    guard case .fused(let matrix) = projection else {
      preconditionFailure("the last layer runs on its response rows alone")
    }
    let (device, batch, shared) = (pass.device, pass.batch, pass.shared)
    try attendBackward(pass, gradients, batch.layout(window: window), scope: scope.attention)
    if scope == .prefixKeysValues { return }
    let rows = scope.rows(of: batch)
    try device.mergeHeads(
      queryGradient: gradients.query, keyGradient: gradients.key, valueGradient: gradients.value,
      rotation: table(pass), positions: batch.positions, keyRows: batch.keyRows, heads: heads,
      rows: rows, into: &shared.projected)
    try queryKeyNorm?.backward(pass, .all, rows: rows)
    try device.matmulBackward(
      shared.projected, matrix, rows: rows, precision: pass.precision, into: &shared.normed)
  }

  /// Computes the gradient of `shared.normed` from `gradients.attended` of the response rows,
  /// unless those of keys and values are all that is in scope.
  func backwardResponses(
    _ pass: DecoderLayer.Pass, _ gradients: DecoderActivations.Gradients, scope: GradientScope
  ) throws(ComputeError) {
    guard case .split(let query, let keyValue) = projection else {
      preconditionFailure("only the last layer runs on its response rows alone")
    }
    let (device, batch, shared) = (pass.device, pass.batch, pass.shared)
    try attendBackward(
      pass, gradients, batch.responseLayout(window: window), scope: scope.attention)
    if scope == .prefixKeysValues { return }
    let rows = scope.rows(of: batch)
    try device.mergeKeyValue(
      keyGradient: gradients.key, valueGradient: gradients.value, rotation: table(pass),
      positions: batch.positions, keyRows: batch.keyRows, heads: heads,
      rows: rows, into: &shared.projected)
    try queryKeyNorm?.backward(pass, .keyValue, rows: rows)
    try device.matmulBackward(
      shared.projected, keyValue, rows: rows, precision: pass.precision, into: &shared.normed)
    // Response rows follow the prefix, so their queries do not contribute to its gradient.
    guard scope == .all else { return }
    try device.mergeQuery(
      gradients.query, rotation: table(pass), positions: batch.responsePositions,
      heads: heads, rows: batch.responseRows, into: &shared.projected)
    try queryKeyNorm?.backward(pass, .query, rows: batch.responseRows)
    try device.matmulBackward(
      shared.projected, query, rows: batch.responseRows, precision: pass.precision,
      into: &gradients.responseNormed)
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
      heads: heads, scale: scale, softCap: softCap, scope: scope, precision: pass.precision,
      queryGradient: &gradients.query, keyGradient: &gradients.key,
      valueGradient: &gradients.value)
  }

  private func table(_ pass: DecoderLayer.Pass) -> RotaryTable {
    rotation.table(textLength: pass.batch.textLength)
  }
}
