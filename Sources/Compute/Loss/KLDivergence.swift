import CArithmetic
import CKernels
import Weights

extension KernelFile {
  static let divergenceTerms = unsafe KernelFile(kernel_divergence_terms)
  static let klDivergence = unsafe KernelFile(
    kernel_kl_divergence, needs: [.lanes, .rowReductions, .vocabularyRow, .divergenceTerms])
}

/// Storage of a teacher's logits: `Float`, or `UInt16` for binary16 shifted by the row's maximum
/// (`compressLogits`).
package protocol TeacherLogit: BitwiseCopyable {
  static var isHalf: Bool { get }
}

extension Float: TeacherLogit {
  package static var isHalf: Bool { false }
}

extension UInt16: TeacherLogit {
  package static var isHalf: Bool { true }
}

extension Kernels {
  fileprivate static func klDivergence<Logit: TeacherLogit>(
    _ teacher: Logit.Type
  ) -> KernelEntry<
    Read<Logit>, Read<Int32>, Write<Float>, Write<Float>, Int, Int, Int, Float, Float, Float
  > { KernelEntry(.klDivergence, "kl_divergence") }

  fileprivate static func klDivergenceLoss<Logit: TeacherLogit>(
    _ teacher: Logit.Type
  ) -> KernelEntry<
    Read<Logit>, Read<Int32>, Read<Float>, Write<Float>, Int, Int, Int, Float
  > { KernelEntry(.klDivergence, "kl_divergence_loss") }
}

extension Device {
  /// The distillation loss between rows of logits, and its gradient in place of the student's
  /// (formulas in Kernels/kl_divergence.cl).
  ///
  /// A batch may be processed in chunks of rows: `rowIndices` and `losses` are the batch's,
  /// `student` holds one chunk.
  ///
  /// - Parameters:
  ///   - teacher: [*, width], read; finite.
  ///   - rowIndices: [*], read from `firstIndex`: the teacher row of each row.
  ///   - student: [rows, width], updated: finite logits on entry; on exit `weight` times the
  ///     gradient with respect to the logits, or to z if they are soft-capped, softCap * tanh(z /
  ///     softCap).
  ///   - rows: number of rows.
  ///   - width: elements per row.
  ///   - firstIndex: where the range starts in `rowIndices`.
  ///   - firstRow: where the range starts in the operands that name it.
  ///   - objective: the objective and its temperature.
  ///   - weight: factor of the gradient.
  ///   - softCap: bound of the logits; nil for none.
  ///   - losses: [*], written from `firstRow`: nats, before `weight`.
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func klDivergence<Logit: TeacherLogit>(
    teacher: borrowing DeviceBuffer<Logit>, at rowIndices: borrowing RowIndices,
    student: inout DeviceBuffer<Float>, rows: Int, width: Int, firstIndex: Int = 0,
    firstRow: Int = 0,
    objective: Objective, weight: Float, softCap: Float? = nil,
    losses: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expectLoss(
      "klDivergence", rowIndices, from: firstIndex, below: teacher.count / max(width, 1),
      logits: ("student", student.count), losses: losses.count, from: firstRow,
      Shape(rows, width))
    let gradientFactor = weight / objective.temperature
    let inverseSoftCap = softCap.map { 1 / $0 } ?? 0
    switch engine {
    case .cpu(let cpu):
      let terms = DivergenceTerms(
        objective, of: Logit.self, gradientFactor: gradientFactor, inverseSoftCap: inverseSoftCap)
      let (teacher, rowIndices) = unsafe (teacher.host, rowIndices.host + firstIndex)
      let (student, losses) = unsafe (student.mutableHost, losses.mutableHost + firstRow)
      cpu.forEachRange(of: rows, elementsPerRow: 8 * width) { range in
        unsafe kl_divergence(
          range.lowerBound, range.upperBound, width, teacher, rowIndices, student, terms, losses)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.klDivergence)
      try gpu.kernel(
        Kernels.klDivergence(Logit.self),
        [lanes.option, objective.form.option, Logit.option, gpu.quads(width)]
      ).run(
        groups: rows, lanes: lanes.count, teacher.read, rowIndices.read, student.write,
        losses.write, width, firstIndex, firstRow, 1 / objective.temperature, gradientFactor,
        inverseSoftCap)
    }
  }

  /// As `klDivergence`, without the gradient: `student` [rows, width] is only read.
  ///
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func klDivergenceLoss<Logit: TeacherLogit>(
    teacher: borrowing DeviceBuffer<Logit>, at rowIndices: borrowing RowIndices,
    student: borrowing DeviceBuffer<Float>, rows: Int, width: Int, firstIndex: Int = 0,
    firstRow: Int = 0,
    objective: Objective, losses: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expectLoss(
      "klDivergenceLoss", rowIndices, from: firstIndex, below: teacher.count / max(width, 1),
      logits: ("student", student.count), losses: losses.count, from: firstRow,
      Shape(rows, width))
    switch engine {
    case .cpu(let cpu):
      let terms = DivergenceTerms(objective, of: Logit.self)
      let (teacher, rowIndices) = unsafe (teacher.host, rowIndices.host + firstIndex)
      let (student, losses) = unsafe (student.host, losses.mutableHost + firstRow)
      cpu.forEachRange(of: rows, elementsPerRow: 8 * width) { range in
        unsafe kl_divergence_loss(
          range.lowerBound, range.upperBound, width, teacher, rowIndices, student, terms, losses)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.klDivergence)
      try gpu.kernel(
        Kernels.klDivergenceLoss(Logit.self),
        [lanes.option, objective.form.option, Logit.option, gpu.quads(width)]
      ).run(
        groups: rows, lanes: lanes.count, teacher.read, rowIndices.read, student.read, losses.write,
        width, firstIndex, firstRow, 1 / objective.temperature)
    }
  }
}

extension DivergenceTerms {
  /// The constants of the CPU path; without factors for the loss alone.
  fileprivate init<Logit: TeacherLogit>(
    _ objective: Objective, of teacher: Logit.Type, gradientFactor: Float = 0,
    inverseSoftCap: Float = 0
  ) {
    self.init(
      form: Int32(objective.form.rawValue), inverse_temperature: 1 / objective.temperature,
      gradient_factor: gradientFactor, inverse_soft_cap: inverseSoftCap,
      teacher_is_half: Logit.isHalf)
  }
}

extension TeacherLogit {
  /// The `-D` constant for the element type of the teacher's logits.
  fileprivate static var option: KernelOption {
    (isHalf ? WeightFormat.f16 : WeightFormat.f32).option
  }
}

extension DivergenceForm {
  /// The `-D` constant for the form of the divergence.
  var option: KernelOption { KernelOption("FORM", rawValue) }
}

extension Tunable {
  /// One configuration for the three forms, tuned on forward KL.
  static let klDivergence = Tunable(
    "kl_divergence", .klDivergence, gpu: .vocabularyLanes, cpu: .oneItem
  ) { trial throws(ComputeError) in
    let (device, rows, width) = (trial.device, trial.sizes.responses, trial.sizes.vocabulary)
    let teacher = try trial.operand(
      trial.numbers(rows * width, scale: 4).map { Float16($0 - 4).bitPattern })
    let rowIndices = try trial.rowIndices(rows, below: rows)
    let (student, losses) = (try trial.floats(rows * width, scale: 4), try trial.zeros(rows))
    trial.run { () throws(ComputeError) in
      try device.klDivergence(
        teacher: teacher.buffer, at: rowIndices.indices, student: &student.buffer, rows: rows,
        width: width, objective: .forwardKL, weight: 1, losses: &losses.buffer)
    }
  }
}
