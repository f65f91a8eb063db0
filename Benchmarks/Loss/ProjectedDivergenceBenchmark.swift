import Compute
import TestSupport

/// Forward KL from a projected teacher: the teacher's side, loss and gradient fused, and the loss
/// alone.
enum ProjectedDivergenceBenchmark: OperationBenchmark {
  static let name = "projectedDivergence"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 13)
    let workload = ProjectedDivergenceWorkload(
      rows: StepSizes.responses, vocabulary: StepSizes.vocabulary, width: StepSizes.hidden,
      temperature: 1, using: &generator)
    let (rows, vocabulary, width) = (workload.rows, workload.vocabulary, workload.width)
    let (temperature, weight) = (workload.temperature, workload.weight)
    let operands = try Operands(device, workload)
    let shape = "R \(rows), V \(vocabulary), E \(width)"
    return [
      BenchmarkCase("teacher R \(rows), V \(vocabulary)", bytes: workload.teacherBytes) {
        try device.projectTeacher(
          &operands.logits, rows: rows, width: vocabulary, temperature: temperature,
          entropies: &operands.teacherEntropies)
      },
      BenchmarkCase("loss alone \(shape)", bytes: workload.lossBytes) {
        try device.projectedDivergenceLoss(
          projected: operands.projected, entropies: operands.entropies, at: operands.rowIndices,
          hidden: operands.hidden, width: width, logits: operands.logits, vocabulary: vocabulary,
          rows: rows, temperature: temperature, losses: &operands.losses)
      },
      BenchmarkCase("\(shape)", bytes: workload.bytes) {
        try device.projectedDivergence(
          projected: operands.projected, entropies: operands.entropies, at: operands.rowIndices,
          hidden: operands.hidden, width: width, logits: &operands.logits, vocabulary: vocabulary,
          rows: rows, temperature: temperature, weight: weight,
          hiddenGradient: &operands.hiddenGradient, losses: &operands.losses)
      },
    ]
  }

  private final class Operands {
    let projected: DeviceBuffer<Float>
    let entropies: DeviceBuffer<Float>
    let rowIndices: RowIndices
    let hidden: DeviceBuffer<Float>
    var logits: DeviceBuffer<Float>
    var hiddenGradient: DeviceBuffer<Float>
    var losses: DeviceBuffer<Float>
    var teacherEntropies: DeviceBuffer<Float>

    init(_ device: Device, _ workload: ProjectedDivergenceWorkload) throws {
      projected = try device.buffer(workload.projected)
      entropies = try device.buffer(workload.entropies)
      rowIndices = try device.rowIndices(workload.rowIndices)
      hidden = try device.buffer(workload.hidden)
      logits = try device.buffer(workload.logits)
      hiddenGradient = try device.buffer(workload.hidden)
      losses = try device.buffer(count: workload.rows)
      teacherEntropies = try device.buffer(count: workload.rows)
    }
  }
}
