import Compute
import TestSupport

/// The additions to the residual stream, of a layer's output and of learned positions, and its
/// constant factors.
enum ResidualAddBenchmark: OperationBenchmark {
  static let name = "add, scale, addPositionRows"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    let (rows, width) = (StepSizes.rows, StepSizes.hidden)
    let operands = try Operands(device, rows, width)
    // Two operands are read, one is written.
    let bytes = 3 * rows * width * 4
    return [
      BenchmarkCase("add T \(rows), E \(width)", bytes: bytes) {
        try device.add(operands.x, to: &operands.y, count: rows * width)
      },
      BenchmarkCase("scale T \(rows), E \(width)", bytes: 2 * rows * width * 4) {
        try device.scale(&operands.y, by: 1, count: rows * width)
      },
      BenchmarkCase("positions T \(rows), E \(width)", bytes: bytes) {
        try device.addPositionRows(
          operands.x, positions: operands.positions, width: width, rows: rows, to: &operands.y)
      },
    ]
  }

  private final class Operands {
    let x: DeviceBuffer<Float>
    let positions: RowIndices
    var y: DeviceBuffer<Float>

    init(_ device: Device, _ rows: Int, _ width: Int) throws {
      var generator = SeededGenerator(seed: 7)
      x = try device.buffer(generator.floats(rows * width))
      positions = try device.rowIndices((0..<Int32(rows)).shuffled(using: &generator))
      y = try device.buffer(generator.floats(rows * width))
    }
  }
}
