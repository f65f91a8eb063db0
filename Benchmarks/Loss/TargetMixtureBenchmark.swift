import Compute
import TestSupport

/// A teacher's distribution with a share of given tokens.
enum TargetMixtureBenchmark: OperationBenchmark {
  static let name = "targetMixture"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    let operands = try TargetOperands(device)
    let (rows, width) = (operands.workload.rows, operands.workload.width)
    return [
      BenchmarkCase("R \(rows), V \(width)", bytes: operands.workload.lossBytes) {
        try device.targetMixture(
          &operands.logits, with: operands.targets, at: operands.rowIndices, rows: rows,
          width: width, share: 0.25, temperature: 1)
      }
    ]
  }
}
