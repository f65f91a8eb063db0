import Compute
import TestSupport

/// The product with a frozen matrix, and its gradient, at the shapes of a layer and of a head.
enum ProductBenchmark: OperationBenchmark {
  static let name = "product"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var cases: [BenchmarkCase] = []
    for precision in WeightPrecision.allCases {
      for (rows, outputs, inputs) in [(288, 9728, 896), (288, 896, 4864), (32, 1152, 896)] {
        let operands = try Operands(device, rows, outputs, inputs, precision)
        let flop = 2 * rows * outputs * inputs
        let bytes = outputs * inputs * precision.byteCount + 4 * rows * (outputs + inputs)
        let shape = "\(precision) T \(rows), N \(outputs), K \(inputs)"
        cases.append(
          BenchmarkCase("forward \(shape)", bytes: bytes, flop: flop) {
            try device.product(operands.x, operands.weight, rows: rows, into: &operands.y)
          })
        cases.append(
          BenchmarkCase("backward \(shape)", bytes: bytes, flop: flop) {
            try device.productBackward(operands.y, operands.weight, rows: rows, into: &operands.x)
          })
      }
    }
    return cases
  }

  private final class Operands {
    let weight: WeightMatrix
    var x: DeviceBuffer<Float>
    var y: DeviceBuffer<Float>

    init(
      _ device: Device, _ rows: Int, _ outputs: Int, _ inputs: Int, _ precision: WeightPrecision
    ) throws {
      var generator = SeededGenerator(seed: 3)
      weight = try WeightMatrix(
        device, rows: outputs, columns: inputs, precision: precision,
        values: generator.floats(outputs * inputs))
      x = try device.buffer(generator.floats(rows * inputs))
      y = try device.buffer([Float](repeating: 0, count: rows * outputs))
    }
  }
}
