import Compute
import TestSupport

/// The soft cap of a head's logits, in place.
enum SoftCapBenchmark: OperationBenchmark {
  static let name = "softCap"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 11)
    let workload = SoftmaxWorkload(
      rows: StepSizes.responses, width: StepSizes.vocabulary, temperature: 1, using: &generator)
    let (rows, width) = (workload.rows, workload.width)
    let operands = try Operands(device, workload)
    return [
      BenchmarkCase("R \(rows), V \(width)", bytes: workload.bytes) {
        try device.softCap(&operands.logits, rows: rows, width: width, cap: 30)
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
