import Compute
import TestSupport

/// The fused projection split into rotated heads, and its gradient.
enum RotaryBenchmark: OperationBenchmark {
  static let name = "splitHeads, mergeHeads"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 5)
    let heads = StepSizes.heads
    let workload = RotaryWorkload(
      rows: StepSizes.rows, heads: heads, rotaryDimension: heads.headDimension, using: &generator)
    let operands = try Operands(device, workload)
    let shape = "T \(workload.rows), \(heads.title)"
    return [
      BenchmarkCase("split \(shape)", bytes: workload.bytes) {
        try device.splitHeads(
          operands.projected, rotation: operands.rotation, positions: operands.positions,
          keyRows: operands.keyRows, heads: heads, rows: workload.rows, query: &operands.query,
          key: &operands.key, value: &operands.value)
      },
      BenchmarkCase("merge \(shape)", bytes: workload.bytes) {
        try device.mergeHeads(
          queryGradient: operands.query, keyGradient: operands.key, valueGradient: operands.value,
          rotation: operands.rotation, positions: operands.positions, keyRows: operands.keyRows,
          heads: heads, rows: workload.rows, into: &operands.projected)
      },
    ]
  }

  private final class Operands {
    let rotation: RotaryTable
    let positions: RowIndices
    let keyRows: RowIndices
    var projected: DeviceBuffer<Float>
    var query: DeviceBuffer<Float>
    var key: DeviceBuffer<Float>
    var value: DeviceBuffer<Float>

    init(_ device: Device, _ workload: RotaryWorkload) throws {
      rotation = try RotaryTable(
        device, inverseFrequencies: workload.inverseFrequencies,
        positions: RotaryWorkload.positionLimit)
      positions = try device.rowIndices(workload.positions)
      keyRows = try device.rowIndices(workload.keyRows)
      projected = try device.buffer(workload.projected)
      query = try device.buffer(count: workload.rows * workload.heads.queryWidth)
      key = try device.buffer(count: workload.keyCapacity * workload.heads.keyValueWidth)
      value = try device.buffer(count: workload.keyCapacity * workload.heads.keyValueWidth)
    }
  }
}
