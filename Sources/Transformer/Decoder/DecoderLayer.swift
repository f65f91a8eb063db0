internal import Compute

/// One layer: attention and feed-forward on the residual stream, one after the other or side by side.
///
/// The last layer is apart: it gives keys and values of every row, but goes on with the response rows alone, so its query and
/// its key/value matrices stand apart too.
final class DecoderLayer {
  let form: DecoderConfiguration.ResidualForm
  let attentionBranch: ResidualBranch
  let attention: SelfAttention
  let feedForwardBranch: ResidualBranch
  let feedForward: FeedForward

  init(
    form: DecoderConfiguration.ResidualForm, attentionBranch: ResidualBranch,
    attention: SelfAttention, feedForwardBranch: ResidualBranch, feedForward: FeedForward
  ) {
    self.form = form
    self.attentionBranch = attentionBranch
    self.attention = attention
    self.feedForwardBranch = feedForwardBranch
    self.feedForward = feedForward
  }

  /// One layer's place in a run: its kept values, its cache, and what all layers share.
  struct Pass {
    let device: Device
    let batch: PackedBatch
    let cache: KeyValueCache.Layer
    let kept: DecoderActivations.Layer
    let shared: DecoderActivations
    /// Of the activations and gradients that matrix multiplications read.
    let precision: ActivationPrecision
  }

  /// From `kept.x` to the next layer's x, over all rows. In inference both layers are one, and `kept.x` is lost.
  func forward(_ pass: Pass, into next: DecoderActivations.Layer) throws(ComputeError) {
    let (device, kept, shared, rows) = (pass.device, pass.kept, pass.shared, pass.batch.rows)
    try attentionBranch.enter(
      device, kept.x, rows: rows, into: &shared.normed, statistics: &kept.inputStatistics)
    try attention.forward(pass)
    try addAttention(pass, rows: rows, to: kept.x)
    switch form {
    case .serial:
      try feedForwardBranch.enter(
        device, kept.middle, rows: rows, into: &shared.normed, statistics: &kept.middleStatistics)
    case .parallel(sharesNorm: false):
      try feedForwardBranch.enter(
        device, kept.x, rows: rows, into: &shared.normed, statistics: &kept.middleStatistics)
    case .parallel(sharesNorm: true): break
    }
    try addFeedForward(pass, rows: rows, into: &next.x)
  }

  /// From `kept.x` to `shared.top`, over the response rows; keys and values of all rows.
  func forwardResponses(_ pass: Pass) throws(ComputeError) {
    let (device, batch, kept, shared) = (pass.device, pass.batch, pass.kept, pass.shared)
    let (width, rows) = (attention.width, batch.responseRows)
    try attentionBranch.enter(
      device, kept.x, rows: batch.rows, into: &shared.normed, statistics: &kept.inputStatistics)
    try attention.forwardResponses(pass)
    try device.gatherRows(
      kept.x, at: batch.responses, count: rows, width: width, into: &shared.top)
    switch form {
    case .serial:
      try addAttention(pass, rows: rows, to: shared.top)
      try feedForwardBranch.enter(
        device, kept.middle, rows: rows, into: &shared.normed, statistics: &kept.middleStatistics)
    case .parallel(sharesNorm: false):
      try feedForwardBranch.enter(
        device, shared.top, rows: rows, into: &shared.normed, statistics: &kept.middleStatistics)
      try addAttention(pass, rows: rows, to: shared.top)
    case .parallel(sharesNorm: true):
      try device.copy(shared.responseNormed, into: &shared.normed, count: rows * width)
      try addAttention(pass, rows: rows, to: shared.top)
    }
    try addFeedForward(pass, rows: rows, into: &shared.top)
  }

  /// The residual stream and the attention block's output, to `kept.middle`.
  private func addAttention(
    _ pass: Pass, rows: Int, to residual: borrowing DeviceBuffer<Float>
  ) throws(ComputeError) {
    let (kept, shared) = (pass.kept, pass.shared)
    try attentionBranch.leave(
      pass.device, kept.attended, by: attention.output, rows: rows, precision: pass.precision,
      output: &kept.attentionOutput,
      statistics: &kept.attentionOutputStatistics, scratch: &shared.normed, addingTo: residual,
      into: &kept.middle)
  }

  /// `kept.middle` and the feed-forward block's output over `shared.normed`, to `target`.
  private func addFeedForward(
    _ pass: Pass, rows: Int, into target: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let (device, kept, shared) = (pass.device, pass.kept, pass.shared)
    try feedForward.forward(
      device, shared.normed, rows: rows, precision: pass.precision,
      preactivation: &kept.preactivation, hidden: &shared.hidden
    )
    try feedForwardBranch.leave(
      device, shared.hidden, by: feedForward.down, rows: rows, precision: pass.precision,
      output: &kept.feedForwardOutput,
      statistics: &kept.feedForwardOutputStatistics, scratch: &shared.normed,
      addingTo: kept.middle, into: &target)
  }
}
