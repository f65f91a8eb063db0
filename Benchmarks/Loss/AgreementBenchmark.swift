import Compute
import TestSupport

/// Whether rows agree with the teacher's tokens. They do, so every row is read to its end.
enum AgreementBenchmark: OperationBenchmark {
  static let name = "agreement"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 22)
    let workload = VocabularyWorkload(
      rows: StepSizes.responses, width: StepSizes.vocabulary, using: &generator)
    let (rows, width) = (workload.rows, workload.width)
    let operands = try Operands(device, workload)
    return [
      BenchmarkCase("R \(rows), V \(width)", bytes: workload.bytes) {
        try device.agreement(
          operands.logits, with: operands.chosen, at: operands.rowIndices, rows: rows, width: width,
          into: &operands.agreements)
      }
    ]
  }

  private final class Operands {
    let logits: DeviceBuffer<Float>
    let chosen: DeviceBuffer<Int32>
    let rowIndices: RowIndices
    var agreements: DeviceBuffer<Float>

    init(_ device: Device, _ workload: VocabularyWorkload) throws {
      logits = try device.buffer(workload.logits)
      chosen = try device.buffer(workload.argmax())
      rowIndices = try device.rowIndices(Array(0..<Int32(workload.rows)))
      agreements = try device.buffer(count: workload.rows)
    }
  }
}
