import Compute
import TestSupport

/// Gather and scatter of rows by row index: the response rows of the last layer.
enum RowGatherBenchmark: OperationBenchmark {
  static let name = "gatherRows, scatterRows"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 10)
    let workload = RowGatherWorkload(
      count: StepSizes.rows, width: StepSizes.hidden, using: &generator)
    let operands = try Operands(device, workload)
    let shape = "T \(workload.count), E \(workload.width)"
    return [
      BenchmarkCase("gather \(shape)", bytes: workload.bytes) {
        try device.gatherRows(
          operands.table, at: operands.rows, count: workload.count, width: workload.width,
          into: &operands.target)
      },
      BenchmarkCase("scatter \(shape)", bytes: workload.bytes) {
        try device.scatterRows(
          operands.source, to: operands.rows, count: workload.count, width: workload.width,
          in: &operands.table)
      },
      BenchmarkCase("scatter, accumulating \(shape)", bytes: workload.accumulatingBytes) {
        try device.scatterRows(
          operands.source, to: operands.rows, count: workload.count, width: workload.width,
          accumulating: true, in: &operands.table)
      },
    ]
  }

  private final class Operands {
    let source: DeviceBuffer<Float>
    let rows: RowIndices
    var table: DeviceBuffer<Float>
    var target: DeviceBuffer<Float>

    init(_ device: Device, _ workload: RowGatherWorkload) throws {
      source = try device.buffer(workload.source)
      rows = try device.rowIndices(workload.rows)
      table = try device.buffer(workload.table)
      target = try device.buffer(workload.source)
    }
  }
}
