import Compute
import TestSupport

/// Softmax in place, and the log-sum-exp of rows.
enum SoftmaxBenchmark: OperationBenchmark {
  static let name = "softmax, logSumExp"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 20)
    let workload = SoftmaxWorkload(
      rows: StepSizes.responses, width: StepSizes.vocabulary, temperature: 1, using: &generator)
    let (rows, width) = (workload.rows, workload.width)
    let operands = try Operands(device, workload)
    return [
      BenchmarkCase("logSumExp R \(rows), V \(width)", bytes: workload.logSumBytes) {
        try device.logSumExp(operands.logits, rows: rows, width: width, into: &operands.logSums)
      },
      BenchmarkCase("softmax R \(rows), V \(width)", bytes: workload.bytes) {
        try device.softmax(&operands.logits, rows: rows, width: width)
      },
    ]
  }

  private final class Operands {
    var logits: DeviceBuffer<Float>
    var logSums: DeviceBuffer<Float>

    init(_ device: Device, _ workload: SoftmaxWorkload) throws {
      logits = try device.buffer(workload.logits)
      logSums = try device.buffer(count: workload.rows)
    }
  }
}
