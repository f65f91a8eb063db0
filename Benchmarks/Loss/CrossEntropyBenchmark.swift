import Compute
import TestSupport

/// The cross-entropy of given tokens: loss and gradient fused, and the loss alone.
enum CrossEntropyBenchmark: OperationBenchmark {
  static let name = "crossEntropy"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    let operands = try TargetOperands(device)
    let (rows, width) = (operands.workload.rows, operands.workload.width)
    return [
      BenchmarkCase("R \(rows), V \(width)", bytes: operands.workload.bytes) {
        try device.crossEntropy(
          of: operands.targets, at: operands.rowIndices, logits: &operands.logits, rows: rows,
          width: width, temperature: 1, weight: operands.workload.weight,
          losses: &operands.losses)
      },
      BenchmarkCase("loss alone R \(rows), V \(width)", bytes: operands.workload.lossBytes) {
        try device.crossEntropyLoss(
          of: operands.targets, at: operands.rowIndices, logits: operands.logits, rows: rows,
          width: width, temperature: 1, losses: &operands.losses)
      },
    ]
  }
}
