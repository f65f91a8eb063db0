import Compute
import TestSupport

/// The norm of queries and its gradient.
enum HeadNormBenchmark: OperationBenchmark {
  static let name = "headNorm"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 1)
    let heads = StepSizes.heads
    let workload = HeadNormWorkload(
      rows: StepSizes.rows, heads: heads.queryHeads, width: heads.headDimension,
      margin: heads.keyValueWidth, isCentred: false, using: &generator)
    let operands = try Operands(device, workload)
    let shape = "T \(workload.rows), H \(heads.queryHeads), D \(heads.headDimension)"
    return [
      BenchmarkCase("forward \(shape)", bytes: workload.bytes) {
        try device.headNorm(
          &operands.x, workload.shape, weight: operands.weight, rows: workload.rows,
          keeping: &operands.kept)
      },
      BenchmarkCase("backward \(shape)", bytes: workload.bytes) {
        try device.headNormBackward(
          &operands.x, workload.shape, weight: operands.weight, kept: operands.kept,
          rows: workload.rows)
      },
    ]
  }

  private final class Operands {
    let weight: DeviceBuffer<Float>
    var x: DeviceBuffer<Float>
    var kept: DeviceBuffer<Float>

    init(_ device: Device, _ workload: HeadNormWorkload) throws {
      weight = try device.buffer(workload.weight)
      x = try device.buffer(workload.x)
      kept = try device.buffer(workload.kept)
    }
  }
}
