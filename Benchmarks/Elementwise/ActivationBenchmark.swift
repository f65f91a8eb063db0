import Compute
import TestSupport

/// The activation of a feed-forward layer without a gate, and its gradient.
enum ActivationBenchmark: OperationBenchmark {
  static let name = "activate"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    try Activation.allCases.flatMap { activation in
      var generator = SeededGenerator(seed: 9)
      let workload = ActivationWorkload(
        rows: StepSizes.rows, width: StepSizes.feedForward, activation: activation,
        isSpiky: false, using: &generator)
      let operands = try Operands(device, workload)
      let count = workload.rows * workload.width
      let shape = "\(activation) T \(workload.rows), F \(workload.width)"
      return [
        BenchmarkCase("forward \(shape)", bytes: workload.ungatedForwardBytes) {
          try device.activate(operands.x, activation: activation, count: count, into: &operands.y)
        },
        BenchmarkCase("backward \(shape)", bytes: workload.ungatedBackwardBytes) {
          try device.activateBackward(
            operands.outputGradient, activation: activation, count: count,
            in: &operands.inputGradient)
        },
      ]
    }
  }

  private final class Operands {
    let x: DeviceBuffer<Float>
    let outputGradient: DeviceBuffer<Float>
    var y: DeviceBuffer<Float>
    /// Each run after the first reads the result of the run before: other values, the same work.
    var inputGradient: DeviceBuffer<Float>

    init(_ device: Device, _ workload: ActivationWorkload) throws {
      x = try device.buffer(workload.gateUp)
      outputGradient = try device.buffer(workload.hiddenGradient)
      y = try device.buffer(workload.hiddenGradient)
      inputGradient = try device.buffer(workload.gateUp)
    }
  }
}
