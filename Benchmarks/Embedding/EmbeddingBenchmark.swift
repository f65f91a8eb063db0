import Compute
import TestSupport
import Weights

/// The gather of embedding rows from a table larger than the caches.
enum EmbeddingBenchmark: OperationBenchmark {
  static let name = "embeddingGather"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    let (tokens, width, rows) = (StepSizes.rows, StepSizes.hidden, 32_768)
    var generator = SeededGenerator(seed: 2)
    let table = generator.floats(rows * width)
    let identifiers = (0..<tokens).map { _ in
      Int32.random(in: 0..<Int32(rows), using: &generator)
    }
    return try WeightFormat.plain.map { precision in
      let operands = try Operands(device, table, identifiers, width, precision)
      let bytes = precision.byteCount(tokens * width) + tokens * width * 4
      return BenchmarkCase("\(precision) T \(tokens), E \(width), V \(rows)", bytes: bytes) {
        try device.embeddingGather(
          operands.table, identifiers: operands.identifiers, count: tokens, into: &operands.y)
      }
    }
  }

  private final class Operands {
    let table: WeightMatrix
    let identifiers: RowIndices
    var y: DeviceBuffer<Float>

    init(
      _ device: Device, _ values: [Float], _ tokens: [Int32], _ width: Int,
      _ precision: WeightFormat
    ) throws {
      table = try WeightMatrix(
        device, rows: values.count / width, columns: width, precision: precision, values: values)
      identifiers = try device.rowIndices(tokens)
      y = try device.buffer(count: tokens.count * width)
    }
  }
}
