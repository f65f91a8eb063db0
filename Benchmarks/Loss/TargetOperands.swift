import Compute
import TestSupport

/// Rows of logits and a token for each.
final class TargetOperands {
  let workload: CrossEntropyWorkload
  let targets: DeviceBuffer<Int32>
  let rowIndices: RowIndices
  var logits: DeviceBuffer<Float>
  var losses: DeviceBuffer<Float>

  init(_ device: Device) throws {
    var generator = SeededGenerator(seed: 26)
    workload = CrossEntropyWorkload(
      rows: StepSizes.responses, width: StepSizes.vocabulary, using: &generator)
    targets = try device.buffer(workload.targets)
    rowIndices = try device.rowIndices(workload.rowIndices)
    logits = try device.buffer(workload.logits)
    losses = try device.buffer(count: workload.rows)
  }
}
