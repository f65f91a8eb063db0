import Compute
import TestSupport

/// A step of AdamW on the soft prompt.
enum AdamWBenchmark: OperationBenchmark {
  static let name = "adamW"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 17)
    let workload = OptimizerWorkload(
      count: StepSizes.prefix * StepSizes.hidden, steps: 1, using: &generator)
    let operands = try Operands(device, workload)
    return [
      BenchmarkCase("P \(StepSizes.prefix), E \(StepSizes.hidden)", bytes: workload.adamWBytes) {
        try device.adamW(
          &operands.parameters, gradient: operands.gradient, firstMoment: &operands.firstMoment,
          secondMoment: &operands.secondMoment, count: workload.count, learningRate: 1e-3,
          step: 1, gradientScale: operands.gradientScale)
      }
    ]
  }

  private final class Operands {
    let gradient: DeviceBuffer<Float>
    let gradientScale: DeviceBuffer<Float>
    var parameters: DeviceBuffer<Float>
    var firstMoment: DeviceBuffer<Float>
    var secondMoment: DeviceBuffer<Float>

    init(_ device: Device, _ workload: OptimizerWorkload) throws {
      gradient = try device.buffer(workload.gradients[0])
      gradientScale = try device.buffer([workload.gradientScale])
      parameters = try device.buffer(workload.parameters)
      firstMoment = try device.buffer([Float](repeating: 0, count: workload.count))
      secondMoment = try device.buffer([Float](repeating: 0, count: workload.count))
    }
  }
}
