import Compute
import TestSupport

/// Sampling of one token per row.
enum SamplingBenchmark: OperationBenchmark {
  static let name = "sample"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 23)
    let workload = VocabularyWorkload(
      rows: StepSizes.responses, width: StepSizes.vocabulary, using: &generator)
    let (rows, width) = (workload.rows, workload.width)
    let operands = try Operands(device, workload)
    return [
      BenchmarkCase("R \(rows), V \(width)", bytes: workload.bytes) {
        try device.sample(
          operands.probabilities, uniforms: operands.uniforms, rows: rows, width: width,
          into: &operands.tokens)
      }
    ]
  }

  private final class Operands {
    var probabilities: DeviceBuffer<Float>
    let uniforms: DeviceBuffer<Float>
    var tokens: DeviceBuffer<Int32>

    init(_ device: Device, _ workload: VocabularyWorkload) throws {
      probabilities = try device.buffer(workload.logits)
      uniforms = try device.buffer(workload.uniforms)
      tokens = try device.buffer(count: workload.rows)
      try device.softmax(&probabilities, rows: workload.rows, width: workload.width)
    }
  }
}
