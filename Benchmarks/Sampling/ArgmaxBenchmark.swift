import Compute
import TestSupport

/// The most likely token of rows.
enum ArgmaxBenchmark: OperationBenchmark {
  static let name = "argmax"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 21)
    let workload = VocabularyWorkload(
      rows: StepSizes.responses, width: StepSizes.vocabulary, using: &generator)
    let (rows, width) = (workload.rows, workload.width)
    let operands = try Operands(device, workload)
    return [
      BenchmarkCase("R \(rows), V \(width)", bytes: workload.bytes) {
        try device.argmax(operands.logits, rows: rows, width: width, into: &operands.indices)
      }
    ]
  }

  private final class Operands {
    let logits: DeviceBuffer<Float>
    var indices: DeviceBuffer<Int32>

    init(_ device: Device, _ workload: VocabularyWorkload) throws {
      logits = try device.buffer(workload.logits)
      indices = try device.buffer(count: workload.rows)
    }
  }
}
