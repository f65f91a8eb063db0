import Compute
import TestSupport

/// LayerNorm and its gradient.
enum LayerNormBenchmark: OperationBenchmark {
  static let name = "layerNorm"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 4)
    let workload = LayerNormWorkload(
      rows: StepSizes.rows, width: StepSizes.hidden, using: &generator)
    let operands = try Operands(device, workload)
    let shape = "T \(workload.rows), E \(workload.width)"
    return [
      BenchmarkCase("forward \(shape)", bytes: workload.forwardBytes) {
        try device.layerNorm(
          operands.x, weight: operands.weight, bias: operands.bias, epsilon: workload.epsilon,
          rows: workload.rows, into: &operands.y, mean: &operands.mean, scale: &operands.scale)
      },
      BenchmarkCase("backward \(shape)", bytes: workload.backwardBytes) {
        try device.layerNormBackward(
          operands.gradient, x: operands.x, weight: operands.weight, mean: operands.mean,
          scale: operands.scale, rows: workload.rows, accumulating: true, into: &operands.y)
      },
    ]
  }

  private final class Operands {
    let x: DeviceBuffer<Float>
    let weight: DeviceBuffer<Float>
    let bias: DeviceBuffer<Float>
    let gradient: DeviceBuffer<Float>
    var y: DeviceBuffer<Float>
    var mean: DeviceBuffer<Float>
    var scale: DeviceBuffer<Float>

    init(_ device: Device, _ workload: LayerNormWorkload) throws {
      x = try device.buffer(workload.x)
      weight = try device.buffer(workload.weight)
      bias = try device.buffer(workload.bias)
      gradient = try device.buffer(workload.outputGradient)
      y = try device.buffer(workload.x)
      mean = try device.buffer(count: workload.rows)
      scale = try device.buffer(count: workload.rows)
    }
  }
}
