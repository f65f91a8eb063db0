import Compute
import TestSupport
import Testing

/// Everything that attention forward and backward give for a workload. What they leave alone is
/// NaN.
struct AttentionRun {
  let output: [Float]
  let logSumExp: [Float]
  let query: [Float]
  let key: [Float]
  let value: [Float]

  init(
    _ workload: AttentionWorkload, scope: AttentionGradientScope = .all,
    precision: ActivationPrecision = .f32, layout described: AttentionLayout? = nil,
    on device: Device
  ) throws {
    let layout =
      try described
      ?? AttentionLayout(
        device, prefixCount: workload.prefixCount, sequences: workload.sequences,
        window: workload.window)
    let query = try device.buffer(workload.query)
    let key = try device.buffer(workload.key)
    let value = try device.buffer(workload.value)
    let outputGradient = try device.buffer(workload.outputGradient)
    var output = try Canary(device, count: workload.query.count)
    var logSumExp = try Canary(device, count: workload.queryRows * workload.heads.queryHeads)
    try device.attention(
      query: query, key: key, value: value, layout: layout, heads: workload.heads,
      scale: workload.scale, softCap: workload.softCap, precision: precision,
      into: &output.buffer,
      logSumExp: &logSumExp.buffer)
    var queryGradient = try Canary(device, count: workload.query.count)
    var keyGradient = try Canary(device, count: workload.key.count)
    var valueGradient = try Canary(device, count: workload.value.count)
    try device.attentionBackward(
      outputGradient: outputGradient, query: query, key: key, value: value,
      output: output.buffer, logSumExp: logSumExp.buffer, layout: layout, heads: workload.heads,
      scale: workload.scale, softCap: workload.softCap, scope: scope, precision: precision,
      queryGradient: &queryGradient.buffer, keyGradient: &keyGradient.buffer,
      valueGradient: &valueGradient.buffer)
    self.output = try #require(try output.result(device))
    self.logSumExp = try #require(try logSumExp.result(device))
    self.query = try #require(try queryGradient.result(device))
    self.key = try #require(try keyGradient.result(device))
    self.value = try #require(try valueGradient.result(device))
  }
}
