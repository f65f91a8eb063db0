import Compute
import TestSupport

/// The product with a frozen matrix, and its gradient: the two of a feed-forward layer, and that of queries, keys and
/// values on few rows.
enum ProductBenchmark: OperationBenchmark {
  static let name = "product"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    let (hidden, feedForward) = (StepSizes.hidden, StepSizes.feedForward)
    let shapes = [
      (StepSizes.rows, 2 * feedForward, hidden), (StepSizes.rows, hidden, feedForward),
      (StepSizes.responses, StepSizes.heads.fusedWidth, hidden),
    ]
    return try WeightPrecision.allCases.flatMap { precision in
      try shapes.flatMap { rows, outputs, inputs in
        var generator = SeededGenerator(seed: 3)
        let workload = ProductWorkload(
          rows: rows, outputs: outputs, inputs: inputs, precision: precision, using: &generator)
        let operands = try Operands(device, workload)
        let (bytes, flop) = (workload.bytes, workload.operations)
        let shape = "\(precision) T \(rows), N \(outputs), K \(inputs)"
        return [
          BenchmarkCase("forward \(shape)", bytes: bytes, flop: flop) {
            try device.product(operands.x, operands.weight, rows: rows, into: &operands.y)
          },
          BenchmarkCase("backward \(shape)", bytes: bytes, flop: flop) {
            try device.productBackward(operands.y, operands.weight, rows: rows, into: &operands.x)
          },
        ]
      }
    }
  }

  private final class Operands {
    let weight: WeightMatrix
    var x: DeviceBuffer<Float>
    var y: DeviceBuffer<Float>

    init(_ device: Device, _ workload: ProductWorkload) throws {
      weight = try workload.matrix(on: device, hasBias: false)
      x = try device.buffer(workload.x)
      y = try device.buffer(workload.outputGradient)
    }
  }
}
