/// The heads at which attention is tried, and what changes its scores.
struct AttentionTrialShape {
  var heads: HeadShape
  var window: Int?
  var softCap: Float?
}

/// Attention of a training step: the prefix's own queries, and the examples after it.
final class AttentionTrial {
  private let trial: Trial
  private let shape: AttentionTrialShape
  private let precision: ActivationPrecision
  private let layout: AttentionLayout
  private let query, key, value: Trial.Operand<Float>

  private let rowCount: Int
  private let outputCount: Int
  private let keyCount: Int
  private var heads: HeadShape { shape.heads }

  init(
    _ trial: Trial, _ shape: AttentionTrialShape, _ precision: ActivationPrecision
  ) throws(ComputeError) {
    self.trial = trial
    self.shape = shape
    self.precision = precision
    let (rows, heads) = (trial.sizes.rows, shape.heads)
    rowCount = rows * heads.queryHeads
    outputCount = rows * heads.queryWidth
    keyCount = rows * heads.keyValueWidth
    layout = try trial.sizes.layout(trial.device, window: shape.window)
    query = try trial.floats(outputCount)
    key = try trial.floats(keyCount)
    value = try trial.floats(keyCount)
  }

  private var scale: Float { 1 / Float(heads.headDimension).squareRoot() }

  /// Adds a pass to the trial; only the time of `entries` counts.
  func run(_ pass: AttentionPass, timing entries: Set<String>) throws(ComputeError) {
    switch pass {
    case .forward: try runForward(timing: entries)
    case .queryGradient, .keyValueGradient: try runBackward(timing: entries)
    }
  }

  private func forward(
    into output: inout DeviceBuffer<Float>, logSumExp: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try trial.device.attention(
      query: query.buffer, key: key.buffer, value: value.buffer, layout: layout, heads: heads,
      scale: scale, softCap: shape.softCap, precision: precision, into: &output,
      logSumExp: &logSumExp)
  }

  private func runForward(timing entries: Set<String>) throws(ComputeError) {
    let (output, logSumExp) = (try trial.zeros(outputCount), try trial.zeros(rowCount))
    trial.run(timing: entries) { [self] () throws(ComputeError) in
      try forward(into: &output.buffer, logSumExp: &logSumExp.buffer)
    }
  }

  /// The backward pass after one forward pass.
  private func runBackward(timing entries: Set<String>) throws(ComputeError) {
    let device = trial.device
    var made = try device.buffer(of: Float.self, count: outputCount)
    var sums = try device.buffer(of: Float.self, count: rowCount)
    try forward(into: &made, logSumExp: &sums)
    let output = try trial.operand(try device.download(made))
    let logSumExp = try trial.operand(try device.download(sums))
    let outputGradient = try trial.floats(outputCount)
    let queryGradient = try trial.zeros(outputCount)
    let (keyGradient, valueGradient) = (try trial.zeros(keyCount), try trial.zeros(keyCount))
    trial.run(timing: entries) { [self] () throws(ComputeError) in
      try device.attentionBackward(
        outputGradient: outputGradient.buffer, query: query.buffer, key: key.buffer,
        value: value.buffer, output: output.buffer, logSumExp: logSumExp.buffer, layout: layout,
        heads: heads, scale: scale, softCap: shape.softCap, precision: precision,
        queryGradient: &queryGradient.buffer, keyGradient: &keyGradient.buffer,
        valueGradient: &valueGradient.buffer)
    }
  }
}

extension TrialSizes {
  /// The prefix's own queries, and the examples that attend to it.
  func layout(_ device: Device, window: Int? = nil) throws(ComputeError) -> AttentionLayout {
    var start = prefix
    var sequences = [
      AttentionSequence(
        queryStart: 0, queryCount: start, keyStart: 0, keyCount: start, attendsPrefix: false)
    ]
    for count in examples {
      sequences.append(
        AttentionSequence(
          queryStart: start, queryCount: count, keyStart: start, keyCount: count,
          attendsPrefix: true))
      start += count
    }
    return try AttentionLayout(device, prefixCount: prefix, sequences: sequences, window: window)
  }
}
