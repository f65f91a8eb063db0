import Compute
import TestSupport

/// Compression of the teacher's logits to 16 bits.
enum CompressLogitsBenchmark: OperationBenchmark {
  static let name = "compressLogits"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 19)
    let workload = SoftmaxWorkload(
      rows: StepSizes.responses, width: StepSizes.vocabulary, temperature: 1, using: &generator)
    let (rows, width) = (workload.rows, workload.width)
    let operands = try Operands(device, workload)
    return [
      BenchmarkCase("R \(rows), V \(width)", bytes: workload.compressionBytes) {
        try device.compressLogits(
          operands.logits, rows: rows, width: width, into: &operands.compressed)
      }
    ]
  }

  private final class Operands {
    let logits: DeviceBuffer<Float>
    var compressed: DeviceBuffer<UInt16>

    init(_ device: Device, _ workload: SoftmaxWorkload) throws {
      logits = try device.buffer(workload.logits)
      compressed = try device.buffer(count: workload.logits.count)
    }
  }
}
