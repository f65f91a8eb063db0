internal import Compute

extension DecoderLayer {
  /// Computes the gradient of `kept.x` from that of the next layer's x, both in `gradients.x`.
  /// Where `scope` is the prefix, only for its rows, or for its keys and values alone.
  func backward(
    _ pass: Pass, _ gradients: DecoderActivations.Gradients, scope: GradientScope
  ) throws(ComputeError) {
    let (device, batch, kept, shared) = (pass.device, pass.batch, pass.kept, pass.shared)
    let rows = scope.rows(of: batch)
    switch form {
    case .serial:
      try feedForwardBackward(pass, gradients, gradients.x, rows: batch.rows)
      try feedForwardBranch.addInputGradient(
        device, shared.normed, x: kept.postAttention, statistics: kept.postAttentionStatistics,
        rows: batch.rows, addingTo: &gradients.x)
      try projectBackward(pass, gradients, gradients.x, rows: batch.rows)
      try attention.backward(pass, gradients, scope: scope)
      if scope == .prefixKeysValues { return }
    case .parallel(let sharesNorm):
      if scope != .prefixKeysValues {
        try feedForwardInputGradient(pass, gradients, gradients.x, rows: rows)
      }
      try projectBackward(pass, gradients, gradients.x, rows: batch.rows)
      try attention.backward(pass, gradients, scope: scope)
      if scope == .prefixKeysValues { return }
      if sharesNorm {
        try device.add(gradients.branch, to: &shared.normed, count: rows * attention.width)
      } else {
        try feedForwardBranch.addInputGradient(
          device, gradients.branch, x: kept.x, statistics: kept.postAttentionStatistics, rows: rows,
          addingTo: &gradients.x)
      }
    }
    try attentionBranch.addInputGradient(
      device, shared.normed, x: kept.x, statistics: kept.inputStatistics, rows: rows,
      addingTo: &gradients.x)
  }

  /// Computes the gradient of `kept.x` in `gradients.x` from that of `shared.top` in
  /// `gradients.responses`.
  func backwardResponses(
    _ pass: Pass, _ gradients: DecoderActivations.Gradients, scope: GradientScope
  ) throws(ComputeError) {
    let (device, batch, kept, shared) = (pass.device, pass.batch, pass.kept, pass.shared)
    let (width, responseRows) = (attention.width, batch.responseRows)
    switch form {
    case .serial:
      try feedForwardBackward(pass, gradients, gradients.responses, rows: responseRows)
      try feedForwardBranch.addInputGradient(
        device, shared.normed, x: kept.postAttention, statistics: kept.postAttentionStatistics,
        rows: responseRows, addingTo: &gradients.responses)
      try projectBackward(pass, gradients, gradients.responses, rows: responseRows)
      try attention.backwardResponses(pass, gradients, scope: scope)
    case .parallel(let sharesNorm):
      // Response rows follow the prefix; their feed-forward block does not contribute to its
      // gradient.
      if scope == .all {
        try feedForwardInputGradient(pass, gradients, gradients.responses, rows: responseRows)
      }
      try projectBackward(pass, gradients, gradients.responses, rows: responseRows)
      try attention.backwardResponses(pass, gradients, scope: scope)
      if scope == .all, sharesNorm {
        try device.scatterRows(
          gradients.branch, to: batch.responses, count: responseRows, width: width,
          accumulating: true, in: &shared.normed)
      } else if scope == .all {
        try device.gatherRows(
          kept.x, at: batch.responses, count: responseRows, width: width,
          into: &shared.responseNormed)
        try feedForwardBranch.addInputGradient(
          device, gradients.branch, x: shared.responseNormed,
          statistics: kept.postAttentionStatistics,
          rows: responseRows, addingTo: &gradients.responses)
      }
    }
    if scope == .prefixKeysValues { return }
    let rows = scope.rows(of: batch)
    try device.fill(&gradients.x, with: 0, count: rows * width)
    if scope == .all {
      try device.scatterRows(
        gradients.responses, to: batch.responses, count: responseRows, width: width,
        accumulating: false, in: &gradients.x)
    }
    try attentionBranch.addInputGradient(
      device, shared.normed, x: kept.x, statistics: kept.inputStatistics, rows: rows,
      addingTo: &gradients.x)
  }

  /// Computes the gradient of the feed-forward block's input, in `shared.normed`, from that of the
  /// residual.
  private func feedForwardBackward(
    _ pass: Pass, _ gradients: DecoderActivations.Gradients,
    _ residualGradient: borrowing DeviceBuffer<Float>, rows: Int
  ) throws(ComputeError) {
    let (device, kept, shared) = (pass.device, pass.kept, pass.shared)
    if feedForwardBranch.isDirect {
      return try feedForward.backward(
        device, residualGradient, preactivation: &kept.preactivation, rows: rows,
        precision: pass.precision,
        hiddenGradient: &shared.hidden, into: &shared.normed)
    }
    try feedForwardBranch.outputGradient(
      device, residualGradient, output: kept.feedForwardOutput,
      statistics: kept.feedForwardOutputStatistics, rows: rows, into: &gradients.branch)
    try feedForward.backward(
      device, gradients.branch, preactivation: &kept.preactivation, rows: rows,
      precision: pass.precision,
      hiddenGradient: &shared.hidden, into: &shared.normed)
  }

  /// As `feedForwardBackward`, to `gradients.branch`, for parallel blocks without output norms.
  private func feedForwardInputGradient(
    _ pass: Pass, _ gradients: DecoderActivations.Gradients,
    _ residualGradient: borrowing DeviceBuffer<Float>, rows: Int
  ) throws(ComputeError) {
    try feedForward.backward(
      pass.device, residualGradient, preactivation: &pass.kept.preactivation, rows: rows,
      precision: pass.precision,
      hiddenGradient: &pass.shared.hidden, into: &gradients.branch)
  }

  /// Computes the gradient of the attention output, in `gradients.attended`, from that of the
  /// residual.
  private func projectBackward(
    _ pass: Pass, _ gradients: DecoderActivations.Gradients,
    _ residualGradient: borrowing DeviceBuffer<Float>, rows: Int
  ) throws(ComputeError) {
    if attentionBranch.isDirect {
      return try attention.projectBackward(
        pass.device, residualGradient, rows: rows, precision: pass.precision,
        into: &gradients.attended)
    }
    try attentionBranch.outputGradient(
      pass.device, residualGradient, output: pass.kept.attentionOutput,
      statistics: pass.kept.attentionOutputStatistics, rows: rows, into: &gradients.branch)
    try attention.projectBackward(
      pass.device, gradients.branch, rows: rows, precision: pass.precision,
      into: &gradients.attended)
  }
}
