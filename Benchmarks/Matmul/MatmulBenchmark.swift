import Compute
import TestSupport
import Weights

/// Matrix multiplication with a frozen matrix, and its gradient: both matrices of a feed-forward
/// layer, fused query, key and value on few rows, and decode.
enum MatmulBenchmark: OperationBenchmark {
  static let name = "matmul"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    let (hidden, feedForward) = (StepSizes.hidden, StepSizes.feedForward)
    let shapes = [
      (StepSizes.rows, 2 * feedForward, hidden), (StepSizes.rows, hidden, feedForward),
      (StepSizes.responses, StepSizes.heads.fusedWidth, hidden),
    ]
    return try (WeightFormat.plain + [.q80, .q40]).flatMap { precision in
      try shapes.flatMap { rows, outputs, inputs in
        var generator = SeededGenerator(seed: 3)
        let workload = MatmulWorkload(
          rows: rows, outputs: outputs, inputs: inputs, precision: precision, using: &generator)
        let operands = try Operands(device, workload)
        let (bytes, flop) = (workload.bytes, workload.operations)
        let shape = "\(precision) T \(rows), N \(outputs), K \(inputs)"
        return [
          BenchmarkCase("forward \(shape)", bytes: bytes, flop: flop) {
            try device.matmul(operands.x, operands.weight, rows: rows, into: &operands.y)
          },
          BenchmarkCase("backward \(shape)", bytes: bytes, flop: flop) {
            try device.matmulBackward(operands.y, operands.weight, rows: rows, into: &operands.x)
          },
        ]
      } + fewRows(device, precision)
    }
  }

  /// One row per answer, with a matrix that fits in no cache, a quarter of the head: generation
  /// reads little but weights.
  private static func fewRows(
    _ device: Device, _ precision: WeightFormat
  ) throws -> [BenchmarkCase] {
    let (outputs, inputs) = (StepSizes.vocabulary / 4, StepSizes.hidden)
    let counts = [1, 4, 8, 16, 32]
    var generator = SeededGenerator(seed: 5)
    let workload = MatmulWorkload(
      rows: counts.max() ?? 1, outputs: outputs, inputs: inputs, precision: precision,
      using: &generator)
    let operands = try Operands(device, workload)
    return counts.map { rows in
      BenchmarkCase(
        "forward \(precision) T \(rows), N \(outputs), K \(inputs)",
        bytes: precision.byteCount(outputs * inputs) + rows * (outputs + inputs) * 4,
        flop: 2 * rows * outputs * inputs
      ) { try device.matmul(operands.x, operands.weight, rows: rows, into: &operands.y) }
    }
  }

  private final class Operands {
    let weight: WeightMatrix
    var x: DeviceBuffer<Float>
    var y: DeviceBuffer<Float>

    init(_ device: Device, _ workload: MatmulWorkload) throws {
      weight = try workload.matrix(on: device, hasBias: false)
      x = try device.buffer(workload.x)
      y = try device.buffer(workload.outputGradient)
    }
  }
}
