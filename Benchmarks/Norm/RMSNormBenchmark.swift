import Compute
import TestSupport

/// RMSNorm and its gradient.
enum RMSNormBenchmark: OperationBenchmark {
  static let name = "rmsNorm"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 1)
    let workload = RMSNormWorkload(
      rows: StepSizes.rows, width: StepSizes.hidden, using: &generator)
    let operands = try Operands(device, workload)
    let shape = "T \(workload.rows), E \(workload.width)"
    return [
      BenchmarkCase("forward \(shape)", bytes: workload.forwardBytes) {
        try device.rmsNorm(
          operands.x, weight: operands.weight, epsilon: workload.epsilon, rows: workload.rows,
          into: &operands.y, scale: &operands.scale)
      },
      BenchmarkCase("backward \(shape)", bytes: workload.backwardBytes) {
        try device.rmsNormBackward(
          operands.gradient, x: operands.x, weight: operands.weight, scale: operands.scale,
          rows: workload.rows, accumulating: true, into: &operands.y)
      },
    ]
  }

  private final class Operands {
    let x: DeviceBuffer<Float>
    let weight: DeviceBuffer<Float>
    let gradient: DeviceBuffer<Float>
    var y: DeviceBuffer<Float>
    var scale: DeviceBuffer<Float>

    init(_ device: Device, _ workload: RMSNormWorkload) throws {
      x = try device.buffer(workload.x)
      weight = try device.buffer(workload.weight)
      gradient = try device.buffer(workload.outputGradient)
      y = try device.buffer(workload.x)
      scale = try device.buffer(count: workload.rows)
    }
  }
}
