import Compute
import TestSupport

/// The gated activation of a feed-forward layer and its gradient, for each activation function.
enum SwiGLUBenchmark: OperationBenchmark {
  static let name = "swiGLU"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    try [Activation.silu, .geluTanh].flatMap { activation in
      var generator = SeededGenerator(seed: 8)
      let workload = ActivationWorkload(
        rows: StepSizes.rows, width: StepSizes.feedForward, activation: activation,
        isSpiky: false, using: &generator)
      let operands = try Operands(device, workload)
      let shape = "\(activation) T \(workload.rows), F \(workload.width)"
      return [
        BenchmarkCase("forward \(shape)", bytes: workload.forwardBytes) {
          try device.swiGLU(
            operands.gateUp, activation: activation, rows: workload.rows, width: workload.width,
            into: &operands.hidden)
        },
        BenchmarkCase("backward \(shape)", bytes: workload.backwardBytes) {
          try device.swiGLUBackward(
            operands.hiddenGradient, activation: activation, rows: workload.rows,
            width: workload.width, in: &operands.gateUpGradient)
        },
      ]
    }
  }

  private final class Operands {
    let gateUp: DeviceBuffer<Float>
    let hiddenGradient: DeviceBuffer<Float>
    var hidden: DeviceBuffer<Float>
    /// Each run after the first reads the result of the run before: other values, the same work.
    var gateUpGradient: DeviceBuffer<Float>

    init(_ device: Device, _ workload: ActivationWorkload) throws {
      gateUp = try device.buffer(workload.gateUp)
      hiddenGradient = try device.buffer(workload.hiddenGradient)
      hidden = try device.buffer(workload.hiddenGradient)
      gateUpGradient = try device.buffer(workload.gateUp)
    }
  }
}
