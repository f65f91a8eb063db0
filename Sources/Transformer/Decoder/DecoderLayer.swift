internal import Compute

/// One layer: attention and feed-forward on the residual stream, serial or parallel.
///
/// The last layer differs: it computes keys and values of every row, but continues with the
/// response rows alone. So its query matrix and its key/value matrix are separate.
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

  /// One layer's arguments of a run: its kept activations, its cache, and the memory that all
  /// layers share.
  struct Pass {
    let device: Device
    let batch: PackedBatch
    let cache: KeyValueCache.Layer
    let kept: DecoderActivations.Layer
    let shared: DecoderActivations
    /// Precision of the activations and gradients that matrix multiplications read.
    let precision: ActivationPrecision
  }

  /// Computes the next layer's x from `kept.x`, over all rows. In inference both are the same
  /// memory, and `kept.x` is overwritten.
  func forward(_ pass: Pass, into next: DecoderActivations.Layer) throws(ComputeError) {
    let (device, kept, shared, rows) = (pass.device, pass.kept, pass.shared, pass.batch.rows)
    try attentionBranch.input(
      device, kept.x, rows: rows, into: &shared.normed, statistics: &kept.inputStatistics)
    try attention.forward(pass)
    try addAttention(pass, rows: rows, to: kept.x)
    switch form {
    case .serial:
      try feedForwardBranch.input(
        device, kept.postAttention, rows: rows, into: &shared.normed,
        statistics: &kept.postAttentionStatistics)
    case .parallel(sharesNorm: false):
      try feedForwardBranch.input(
        device, kept.x, rows: rows, into: &shared.normed, statistics: &kept.postAttentionStatistics)
    case .parallel(sharesNorm: true): break
    }
    try addFeedForward(pass, rows: rows, into: &next.x)
  }

  /// Computes `shared.top` from `kept.x`, over the response rows, and keys and values of all rows.
  func forwardResponses(_ pass: Pass) throws(ComputeError) {
    let (device, batch, kept, shared) = (pass.device, pass.batch, pass.kept, pass.shared)
    let (width, rows) = (attention.width, batch.responseRows)
    try attentionBranch.input(
      device, kept.x, rows: batch.rows, into: &shared.normed, statistics: &kept.inputStatistics)
    try attention.forwardResponses(pass)
    try device.gatherRows(
      kept.x, at: batch.responses, count: rows, width: width, into: &shared.top)
    switch form {
    case .serial:
      try addAttention(pass, rows: rows, to: shared.top)
      try feedForwardBranch.input(
        device, kept.postAttention, rows: rows, into: &shared.normed,
        statistics: &kept.postAttentionStatistics)
    case .parallel(sharesNorm: false):
      try feedForwardBranch.input(
        device, shared.top, rows: rows, into: &shared.normed,
        statistics: &kept.postAttentionStatistics)
      try addAttention(pass, rows: rows, to: shared.top)
    case .parallel(sharesNorm: true):
      try device.copy(shared.responseNormed, into: &shared.normed, count: rows * width)
      try addAttention(pass, rows: rows, to: shared.top)
    }
    try addFeedForward(pass, rows: rows, into: &shared.top)
  }

  /// Adds the attention block's output to the residual: `kept.postAttention`.
  private func addAttention(
    _ pass: Pass, rows: Int, to residual: borrowing DeviceBuffer<Float>
  ) throws(ComputeError) {
    let (kept, shared) = (pass.kept, pass.shared)
    try attentionBranch.add(
      pass.device, kept.attended, by: attention.output, rows: rows, precision: pass.precision,
      output: &kept.attentionOutput,
      statistics: &kept.attentionOutputStatistics, scratch: &shared.normed, addingTo: residual,
      into: &kept.postAttention)
  }

  /// Adds the feed-forward block's output over `shared.normed` to `kept.postAttention`, in
  /// `target`.
  private func addFeedForward(
    _ pass: Pass, rows: Int, into target: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let (device, kept, shared) = (pass.device, pass.kept, pass.shared)
    try feedForward.forward(
      device, shared.normed, rows: rows, precision: pass.precision,
      preactivation: &kept.preactivation, hidden: &shared.hidden
    )
    try feedForwardBranch.add(
      device, shared.hidden, by: feedForward.down, rows: rows, precision: pass.precision,
      output: &kept.feedForwardOutput,
      statistics: &kept.feedForwardOutputStatistics, scratch: &shared.normed,
      addingTo: kept.postAttention, into: &target)
  }
}
