import Compute
import TestSupport

/// A step of SGD with momentum on the soft prompt.
enum SGDBenchmark: OperationBenchmark {
  static let name = "sgd"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 18)
    let workload = OptimizerWorkload(
      count: StepSizes.prefix * StepSizes.hidden, steps: 1, using: &generator)
    let operands = try Operands(device, workload)
    return [
      BenchmarkCase("P \(StepSizes.prefix), E \(StepSizes.hidden)", bytes: workload.sgdBytes) {
        try device.sgd(
          &operands.parameters, gradient: operands.gradient, velocity: &operands.velocity,
          count: workload.count, learningRate: 1e-3, momentum: 0.9,
          gradientScale: operands.gradientScale)
      }
    ]
  }

  private final class Operands {
    let gradient: DeviceBuffer<Float>
    let gradientScale: DeviceBuffer<Float>
    var parameters: DeviceBuffer<Float>
    var velocity: DeviceBuffer<Float>

    init(_ device: Device, _ workload: OptimizerWorkload) throws {
      gradient = try device.buffer(workload.gradients[0])
      gradientScale = try device.buffer([workload.gradientScale])
      parameters = try device.buffer(workload.parameters)
      velocity = try device.buffer([Float](repeating: 0, count: workload.count))
    }
  }
}
