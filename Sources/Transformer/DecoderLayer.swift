internal import Compute

/// One layer: x + attention(norm x), then that + feedForward(norm of that).
///
/// The last layer is apart: it gives keys and values of every row, but goes on with the response rows alone, so its query and
/// its key/value matrices stand apart too.
final class DecoderLayer {
  let inputNorm: Normalization
  let attention: SelfAttention
  let middleNorm: Normalization
  let feedForward: FeedForward

  init(
    inputNorm: Normalization, attention: SelfAttention, middleNorm: Normalization,
    feedForward: FeedForward
  ) {
    self.inputNorm = inputNorm
    self.attention = attention
    self.middleNorm = middleNorm
    self.feedForward = feedForward
  }

  /// One layer's place in a run: its kept values, its cache, and what all layers share.
  struct Pass {
    let device: Device
    let batch: PackedBatch
    let cache: KeyValueCache.Layer
    let kept: DecoderActivations.Layer
    let shared: DecoderActivations
  }

  /// From `kept.x` to the next layer's x, over all rows.
  func forward(_ pass: Pass, into next: DecoderActivations.Layer) throws(ComputeError) {
    let (device, batch, kept, shared) = (pass.device, pass.batch, pass.kept, pass.shared)
    try inputNorm.forward(
      device, kept.x, rows: batch.rows, into: &shared.normed, statistics: &kept.inputStatistics)
    try attention.forward(pass)
    try device.copy(kept.x, into: &kept.middle, count: batch.rows * attention.width)
    try attention.project(device, kept.attended, rows: batch.rows, addingTo: &kept.middle)
    try middleNorm.forward(
      device, kept.middle, rows: batch.rows, into: &shared.normed,
      statistics: &kept.middleStatistics)
    try device.copy(kept.middle, into: &next.x, count: batch.rows * attention.width)
    try feedForward.forward(
      device, shared.normed, rows: batch.rows, preactivation: &kept.preactivation,
      hidden: &shared.hidden, addingTo: &next.x)
  }

  /// From `kept.x` to `shared.top`, over the response rows; keys and values of all rows.
  func forwardResponses(_ pass: Pass) throws(ComputeError) {
    let (device, batch, kept, shared) = (pass.device, pass.batch, pass.kept, pass.shared)
    let width = attention.width
    try inputNorm.forward(
      device, kept.x, rows: batch.rows, into: &shared.normed, statistics: &kept.inputStatistics)
    try attention.forwardResponses(pass)
    try device.gatherRows(
      kept.x, at: batch.responses, count: batch.responseRows, width: width, into: &kept.middle)
    try attention.project(device, kept.attended, rows: batch.responseRows, addingTo: &kept.middle)
    try middleNorm.forward(
      device, kept.middle, rows: batch.responseRows, into: &shared.normed,
      statistics: &kept.middleStatistics)
    try device.copy(kept.middle, into: &shared.top, count: batch.responseRows * width)
    try feedForward.forward(
      device, shared.normed, rows: batch.responseRows, preactivation: &kept.preactivation,
      hidden: &shared.hidden, addingTo: &shared.top)
  }

  /// From the gradient of the next layer's x to that of `kept.x`, both in `gradients.x`. Where `scope` is the
  /// prefix, only the first `rows` rows come out.
  func backward(
    _ pass: Pass, _ gradients: DecoderActivations.Gradients, scope: AttentionGradientScope
  ) throws(ComputeError) {
    let (device, batch, kept, shared) = (pass.device, pass.batch, pass.kept, pass.shared)
    try feedForward.backward(
      device, gradients.x, preactivation: kept.preactivation, rows: batch.rows,
      hiddenGradient: &shared.hidden, preactivationGradient: &gradients.preactivation,
      into: &shared.normed)
    try middleNorm.backward(
      device, shared.normed, x: kept.middle, statistics: kept.middleStatistics, rows: batch.rows,
      accumulating: true, into: &gradients.x)
    try attention.backward(pass, gradients, scope: scope)
    try inputNorm.backward(
      device, shared.normed, x: kept.x, statistics: kept.inputStatistics,
      rows: scope == .all ? batch.rows : batch.prefixRows, accumulating: true, into: &gradients.x)
  }

  /// From the gradient of `shared.top` in `gradients.responses` to that of `kept.x` in `gradients.x`.
  func backwardResponses(
    _ pass: Pass, _ gradients: DecoderActivations.Gradients, scope: AttentionGradientScope
  ) throws(ComputeError) {
    let (device, batch, kept, shared) = (pass.device, pass.batch, pass.kept, pass.shared)
    let (width, responseRows) = (attention.width, batch.responseRows)
    try feedForward.backward(
      device, gradients.responses, preactivation: kept.preactivation, rows: responseRows,
      hiddenGradient: &shared.hidden, preactivationGradient: &gradients.preactivation,
      into: &shared.normed)
    try middleNorm.backward(
      device, shared.normed, x: kept.middle, statistics: kept.middleStatistics,
      rows: responseRows, accumulating: true, into: &gradients.responses)
    try attention.backwardResponses(pass, gradients, scope: scope)
    let rows = scope == .all ? batch.rows : batch.prefixRows
    try device.fill(&gradients.x, with: 0, count: rows * width)
    if scope == .all {
      try device.scatterRows(
        gradients.responses, to: batch.responses, count: responseRows, width: width,
        accumulating: false, in: &gradients.x)
    }
    try inputNorm.backward(
      device, shared.normed, x: kept.x, statistics: kept.inputStatistics, rows: rows,
      accumulating: true, into: &gradients.x)
  }
}
