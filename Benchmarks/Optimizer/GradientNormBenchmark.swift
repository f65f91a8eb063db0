import Compute
import TestSupport

/// The norm of the soft prompt's gradient and its clip factor.
enum GradientNormBenchmark: OperationBenchmark {
  static let name = "gradientNorm"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 16)
    let workload = OptimizerWorkload(
      count: StepSizes.prefix * StepSizes.hidden, steps: 1, using: &generator)
    let operands = try Operands(device, workload)
    return [
      BenchmarkCase("P \(StepSizes.prefix), E \(StepSizes.hidden)", bytes: workload.normBytes) {
        try device.gradientNorm(
          operands.gradient, count: workload.count, limit: 1, norm: &operands.norm,
          clipFactor: &operands.clipFactor)
      }
    ]
  }

  private final class Operands {
    let gradient: DeviceBuffer<Float>
    var norm: DeviceBuffer<Float>
    var clipFactor: DeviceBuffer<Float>

    init(_ device: Device, _ workload: OptimizerWorkload) throws {
      gradient = try device.buffer(workload.gradients[0])
      norm = try device.buffer(count: 1)
      clipFactor = try device.buffer(count: 1)
    }
  }
}
