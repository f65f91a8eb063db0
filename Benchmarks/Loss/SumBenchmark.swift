import Compute
import TestSupport

/// The sum of a batch's losses. It moves so few bytes that the launch is measured.
enum SumBenchmark: OperationBenchmark {
  static let name = "sum"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    let count = StepSizes.rows
    let operands = try Operands(device, count)
    return [
      BenchmarkCase("\(count) losses", bytes: count * 4) {
        try device.sum(operands.values, count: count, into: &operands.total)
      }
    ]
  }

  private final class Operands {
    let values: DeviceBuffer<Float>
    var total: DeviceBuffer<Float>

    init(_ device: Device, _ count: Int) throws {
      var generator = SeededGenerator(seed: 15)
      values = try device.buffer(generator.floats(count))
      total = try device.buffer(count: 1)
    }
  }
}
