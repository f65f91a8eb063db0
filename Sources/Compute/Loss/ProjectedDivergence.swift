import CArithmetic
import CKernels

extension KernelFile {
  static let projectedDivergence = unsafe KernelFile(
    kernel_projected_divergence, needs: [.lanes, .rowReductions, .vocabularyRow])
}

extension Kernels {
  fileprivate static let projectTeacher = KernelEntry(
    .projectedDivergence, "project_teacher", as: Write<Float>.self, Write<Float>.self, Int.self,
    Int.self, Float.self)
  fileprivate static let projectedDivergence = KernelEntry(
    .projectedDivergence, "projected_divergence", as: Write<Float>.self, Read<Float>.self,
    Read<Float>.self, Read<Float>.self, Read<Int32>.self, Write<Float>.self, Write<Float>.self,
    Int.self, Int.self, Int.self, Float.self, Float.self)
  fileprivate static let projectedDivergenceLoss = KernelEntry(
    .projectedDivergence, "projected_divergence_loss", as: Read<Float>.self, Read<Float>.self,
    Read<Float>.self, Read<Float>.self, Read<Int32>.self, Write<Float>.self, Int.self, Int.self,
    Int.self, Float.self)
}

extension Device {
  /// The teacher's side of `projectedDivergence`, before the GEMM with the head: p = softmax(z /
  /// temperature) in place of the logits z, and its entropy.
  ///
  /// - Parameters:
  ///   - logits: [rows, width], updated: finite on entry, p on exit.
  ///   - rows: number of rows.
  ///   - width: elements per row.
  ///   - temperature: divisor of the logits.
  ///   - entropies: [*], written from `firstRow` on: nats.
  ///   - firstRow: where the range starts in the operands that name it.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func projectTeacher(
    _ logits: inout DeviceBuffer<Float>, rows: Int, width: Int, temperature: Float,
    entropies: inout DeviceBuffer<Float>, firstRow: Int = 0
  ) throws(ComputeError) {
    try expect("projectTeacher", "logits", logits.count, Shape(rows, width))
    try expect("projectTeacher", "entropies", entropies.count, Shape(firstRow + rows))
    switch engine {
    case .cpu(let cpu):
      let (logits, entropies) = unsafe (logits.mutableHost, entropies.mutableHost + firstRow)
      cpu.forEachRange(of: rows, elementsPerRow: 4 * width) { range in
        unsafe project_teacher(
          range.lowerBound, range.upperBound, width, logits, 1 / temperature, entropies)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.projectedDivergence)
      try gpu.kernel(Kernels.projectTeacher, [lanes.option, gpu.quads(width)]).run(
        groups: rows, lanes: lanes.count, logits.write, entropies.write, width, firstRow,
        1 / temperature)
    }
  }

  /// Forward KL against a projected teacher, of which only m = W^T p and the entropy of p are
  /// stored (formulas in Kernels/projected_divergence.cl), for logits z = W h without a bias.
  ///
  /// The gradient with respect to h is weight / temperature * (W^T q - m). This writes the second
  /// term to `hiddenGradient` and weight / temperature * q in place of the logits: the caller
  /// multiplies them with W and adds the result.
  ///
  /// - Parameters:
  ///   - projected: [*, width], read: m.
  ///   - entropies: [*], read: nats, of p at the same temperature.
  ///   - rowIndices: [*], read from `firstRow`: the teacher row of each row.
  ///   - hidden: [*, width], read from row `firstRow`: h.
  ///   - width: elements per row.
  ///   - logits: [rows, vocabulary], updated.
  ///   - vocabulary: V.
  ///   - rows: number of rows.
  ///   - firstRow: where the range starts in the operands that name it.
  ///   - temperature: divisor of the logits.
  ///   - weight: factor of the gradient.
  ///   - hiddenGradient: [*, width], written from row `firstRow`.
  ///   - losses: [*], written from `firstRow`: nats, before `weight`.
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func projectedDivergence(
    projected: borrowing DeviceBuffer<Float>, entropies: borrowing DeviceBuffer<Float>,
    at rowIndices: borrowing RowIndices, hidden: borrowing DeviceBuffer<Float>, width: Int,
    logits: inout DeviceBuffer<Float>, vocabulary: Int, rows: Int, firstRow: Int = 0,
    temperature: Float, weight: Float, hiddenGradient: inout DeviceBuffer<Float>,
    losses: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let end = firstRow + rows
    try expectProjected(
      "projectedDivergence", teacherRows: min(entropies.count, projected.count / max(width, 1)),
      rowIndices,
      hidden: hidden.count, Shape(end, width), logits: logits.count, Shape(rows, vocabulary),
      losses: losses.count)
    try expect(
      "projectedDivergence", "hiddenGradient", hiddenGradient.count, Shape(end, width))
    let factor = weight / temperature
    switch engine {
    case .cpu(let cpu):
      let teacher = unsafe ProjectedTeacher(
        projected: projected.host, entropies: entropies.host,
        row_indices: rowIndices.host + firstRow)
      let (hidden, logits) = unsafe (hidden.host + firstRow * width, logits.mutableHost)
      let gradient = unsafe hiddenGradient.mutableHost + firstRow * width
      let losses = unsafe losses.mutableHost + firstRow
      cpu.forEachRange(of: rows, elementsPerRow: 4 * vocabulary) { range in
        unsafe projected_divergence(
          range.lowerBound, range.upperBound, vocabulary, width, teacher, hidden, logits,
          1 / temperature, factor, gradient, losses)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.projectedDivergence)
      let options = [lanes.option, gpu.quads(vocabulary | width)]
      try gpu.kernel(Kernels.projectedDivergence, options).run(
        groups: rows, lanes: lanes.count, logits.write, hidden.read, projected.read, entropies.read,
        rowIndices.read, hiddenGradient.write, losses.write, vocabulary, width, firstRow,
        1 / temperature, factor)
    }
  }

  /// As `projectedDivergence`, without gradients: `logits` [rows, vocabulary] are only read.
  ///
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func projectedDivergenceLoss(
    projected: borrowing DeviceBuffer<Float>, entropies: borrowing DeviceBuffer<Float>,
    at rowIndices: borrowing RowIndices, hidden: borrowing DeviceBuffer<Float>, width: Int,
    logits: borrowing DeviceBuffer<Float>, vocabulary: Int, rows: Int, firstRow: Int = 0,
    temperature: Float, losses: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let end = firstRow + rows
    try expectProjected(
      "projectedDivergenceLoss", teacherRows: min(entropies.count, projected.count / max(width, 1)),
      rowIndices,
      hidden: hidden.count, Shape(end, width), logits: logits.count, Shape(rows, vocabulary),
      losses: losses.count)
    switch engine {
    case .cpu(let cpu):
      let teacher = unsafe ProjectedTeacher(
        projected: projected.host, entropies: entropies.host,
        row_indices: rowIndices.host + firstRow)
      let (hidden, logits) = unsafe (hidden.host + firstRow * width, logits.host)
      let losses = unsafe losses.mutableHost + firstRow
      cpu.forEachRange(of: rows, elementsPerRow: 2 * vocabulary) { range in
        unsafe projected_divergence_loss(
          range.lowerBound, range.upperBound, vocabulary, width, teacher, hidden, logits,
          1 / temperature, losses)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.projectedDivergence)
      let options = [lanes.option, gpu.quads(vocabulary | width)]
      try gpu.kernel(Kernels.projectedDivergenceLoss, options).run(
        groups: rows, lanes: lanes.count, logits.read, hidden.read, projected.read, entropies.read,
        rowIndices.read, losses.write, vocabulary, width, firstRow, 1 / temperature)
    }
  }
}

extension Device {
  /// The checks of both operations.
  private func expectProjected(
    _ operation: StaticString, teacherRows: Int, _ rowIndices: borrowing RowIndices,
    hidden: Int, _ hiddenShape: Shape, logits: Int, _ logitShape: Shape, losses: Int
  ) throws(ComputeError) {
    try expect(
      operation, "rowIndices", rowIndices, count: hiddenShape.rows, below: teacherRows)
    try expect(operation, "hidden", hidden, hiddenShape)
    try expect(operation, "logits", logits, logitShape)
    try expect(operation, "losses", losses, Shape(hiddenShape.rows))
  }
}

extension Tunable {
  static let projectedDivergence = Tunable(
    "projected_divergence", .projectedDivergence, gpu: .vocabularyLanes, cpu: .oneItem
  ) { trial throws(ComputeError) in
    let (device, sizes) = (trial.device, trial.sizes)
    let (rows, width, vocabulary) = (sizes.responses, sizes.hidden, sizes.vocabulary)
    let (projected, hidden) = (try trial.floats(rows * width), try trial.floats(rows * width))
    let (entropies, rowIndices) = (try trial.floats(rows), try trial.rowIndices(rows, below: rows))
    let logits = try trial.floats(rows * vocabulary, scale: 4)
    let (gradient, losses) = (try trial.zeros(rows * width), try trial.zeros(rows))
    trial.run { () throws(ComputeError) in
      try device.projectedDivergence(
        projected: projected.buffer, entropies: entropies.buffer, at: rowIndices.indices,
        hidden: hidden.buffer, width: width, logits: &logits.buffer, vocabulary: vocabulary,
        rows: rows, temperature: 1, weight: 1, hiddenGradient: &gradient.buffer,
        losses: &losses.buffer)
    }
  }
}
