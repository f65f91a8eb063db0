import Compute
import TestSupport

/// Softmax in place.
enum SoftmaxBenchmark: OperationBenchmark {
  static let name = "softmax"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 20)
    let workload = SoftmaxWorkload(
      rows: StepSizes.responses, width: StepSizes.vocabulary, temperature: 1, using: &generator)
    let (rows, width) = (workload.rows, workload.width)
    let operands = try Operands(device, workload)
    return [
      BenchmarkCase("softmax R \(rows), V \(width)", bytes: workload.bytes) {
        try device.softmax(&operands.logits, rows: rows, width: width)
      }
    ]
  }

  private final class Operands {
    var logits: DeviceBuffer<Float>

    init(_ device: Device, _ workload: SoftmaxWorkload) throws {
      logits = try device.buffer(workload.logits)
    }
  }
}
