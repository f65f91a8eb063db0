import Compute
import TestSupport

/// The divergences from a teacher's logits in 16 bits: loss and gradient fused, and the loss alone.
enum KLDivergenceBenchmark: OperationBenchmark {
  static let name = "klDivergence"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 12)
    let workload = KLDivergenceWorkload(
      rows: StepSizes.responses, width: StepSizes.vocabulary, using: &generator)
    let (rows, width, weight) = (workload.rows, workload.width, workload.weight)
    let operands = try Operands(device, workload)
    let loss = BenchmarkCase(
      "forwardKL, loss alone R \(rows), V \(width)", bytes: workload.lossBytes
    ) {
      try device.klDivergenceLoss(
        teacher: operands.teacher, at: operands.rowIndices, student: operands.student, rows: rows,
        width: width, objective: .forwardKL, losses: &operands.losses)
    }
    let gradients = DivergenceForm.allCases.map { form in
      BenchmarkCase("\(form) R \(rows), V \(width)", bytes: workload.bytes) {
        try device.klDivergence(
          teacher: operands.teacher, at: operands.rowIndices, student: &operands.student,
          rows: rows,
          width: width, objective: Objective(form), weight: weight, losses: &operands.losses)
      }
    }
    return [loss] + gradients
  }

  private final class Operands {
    let teacher: DeviceBuffer<UInt16>
    let rowIndices: RowIndices
    var student: DeviceBuffer<Float>
    var losses: DeviceBuffer<Float>

    init(_ device: Device, _ workload: KLDivergenceWorkload) throws {
      teacher = try device.buffer(workload.halfTeacher)
      rowIndices = try device.rowIndices(workload.rowIndices)
      student = try device.buffer(workload.student)
      losses = try device.buffer(count: workload.rows)
    }
  }
}
