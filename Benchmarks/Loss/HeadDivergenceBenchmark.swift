import Compute
import TestSupport
import Weights

/// Fused head and loss with its gradient, for each kind of teacher cache.
enum HeadDivergenceBenchmark: OperationBenchmark {
  static let name = "headDivergence"

  static func cases(_ device: Device) throws -> [BenchmarkCase] {
    var generator = SeededGenerator(seed: 14)
    let workload = HeadDivergenceWorkload(
      rows: StepSizes.responses, vocabulary: StepSizes.vocabulary, width: StepSizes.hidden,
      using: &generator)
    let (rows, weight) = (workload.rows, workload.weight)
    let precision = WeightFormat.bf16
    let operands = try Operands(device, workload, precision)
    let shape = "\(precision) R \(rows), V \(workload.vocabulary), E \(workload.width)"
    return try TeacherCacheKind.ofModels.map { kind in
      let teacher = try operands.teacher(device, workload, kind)
      return BenchmarkCase(
        "\(kind) \(shape)", bytes: workload.bytes(kind, precision), flop: workload.flop(kind)
      ) {
        try device.headDivergence(
          &operands.hidden, head: operands.head, teacher: teacher, at: operands.rowIndices,
          rows: rows,
          objective: .forwardKL, weight: weight, losses: &operands.losses,
          hiddenGradient: &operands.hiddenGradient)
      }
    }
  }

  private final class Operands {
    let head: WeightMatrix
    var hidden: DeviceBuffer<Float>
    let teacherHidden: DeviceBuffer<Float>
    let rowIndices: RowIndices
    var losses: DeviceBuffer<Float>
    var hiddenGradient: DeviceBuffer<Float>

    init(
      _ device: Device, _ workload: HeadDivergenceWorkload, _ precision: WeightFormat
    ) throws {
      head = try WeightMatrix(
        device, rows: workload.vocabulary, columns: workload.width, precision: precision,
        values: workload.head)
      hidden = try device.buffer(workload.hidden)
      teacherHidden = try device.buffer(workload.teacherHidden)
      rowIndices = try device.rowIndices(workload.rowIndices)
      losses = try device.buffer(count: workload.rows)
      hiddenGradient = try device.buffer(workload.hidden)
    }

    /// The teacher's rows, stored as `kind`.
    func teacher(
      _ device: Device, _ workload: HeadDivergenceWorkload, _ kind: TeacherCacheKind
    ) throws -> TeacherRows {
      let capacity = workload.rows + 2
      let rows = try TeacherRows(
        device, kind: kind, capacity: capacity, vocabulary: workload.vocabulary,
        width: workload.width)
      try device.storeTeacher(teacherHidden, rows: capacity, head: head, in: rows, at: 0)
      return rows
    }
  }
}
