import CArithmetic
import CKernels

extension KernelFile {
  static let agreement = unsafe KernelFile(
    kernel_agreement, needs: [.lanes, .rowReductions, .vocabularyRow])
}

extension Kernels {
  fileprivate static let agreement = KernelEntry(
    .agreement, "agreement", as: Read<Float>.self, Read<Int32>.self, Read<Int32>.self,
    Write<Float>.self, Int.self, Int.self, Int.self)
}

extension Device {
  /// Whether each row's most likely token (the lowest of equal ones) is the teacher's.
  ///
  /// - Parameters:
  ///   - logits: [rows, width], read.
  ///   - chosen: [*], read: argmax of each teacher row.
  ///   - rowIndices: [*], read from `firstIndex`: the teacher row of each row.
  ///   - rows: number of rows.
  ///   - width: elements per row.
  ///   - firstIndex: where the range starts in `rowIndices`.
  ///   - firstRow: where the range starts in the operands that name it.
  ///   - agreements: [*], written from `firstRow`: 1 or 0.
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func agreement(
    _ logits: borrowing DeviceBuffer<Float>, with chosen: borrowing DeviceBuffer<Int32>,
    at rowIndices: borrowing RowIndices, rows: Int, width: Int, firstIndex: Int = 0,
    firstRow: Int = 0,
    into agreements: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("agreement", "logits", logits.count, Shape(rows, width))
    try expect(
      "agreement", "rowIndices", rowIndices, count: firstIndex + rows, below: chosen.count)
    try expect("agreement", "agreements", agreements.count, Shape(firstRow + rows))
    switch engine {
    case .cpu(let cpu):
      let (logits, chosen) = unsafe (logits.host, chosen.host)
      let (rowIndices, agreements) = unsafe (
        rowIndices.host + firstIndex, agreements.mutableHost + firstRow
      )
      cpu.forEachRange(of: rows, elementsPerRow: width) { range in
        unsafe CArithmetic.agreement(
          range.lowerBound, range.upperBound, width, logits, chosen, rowIndices, agreements)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.agreement)
      try gpu.kernel(Kernels.agreement, [lanes.option]).run(
        groups: rows, lanes: lanes.count, logits.read, chosen.read, rowIndices.read,
        agreements.write, width, firstIndex, firstRow)
    }
  }
}

extension Tunable {
  static let agreement = Tunable("agreement", .agreement, gpu: .vocabularyLanes, cpu: .oneItem) {
    trial throws(ComputeError) in
    let (device, rows, width) = (trial.device, trial.sizes.responses, trial.sizes.vocabulary)
    let logits = try trial.floats(rows * width)
    let (chosen, rowIndices) = (
      try trial.operand(trial.tokens(rows, below: rows)), try trial.rowIndices(rows, below: rows)
    )
    let agreements = try trial.zeros(rows)
    trial.run { () throws(ComputeError) in
      try device.agreement(
        logits.buffer, with: chosen.buffer, at: rowIndices.indices, rows: rows, width: width,
        into: &agreements.buffer)
    }
  }
}
