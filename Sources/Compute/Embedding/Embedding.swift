import CArithmetic
import CKernels

extension KernelFile {
  static let embedding = unsafe KernelFile(kernel_embedding, needs: [.weightBlocks])
}

extension Kernels {
  fileprivate static let embeddingGather = KernelEntry(
    .embedding, "embedding_gather", as: Read<UInt8>.self, Read<Int32>.self, Write<Float>.self,
    Int.self, Int.self, Float.self)
}

extension Device {
  /// Rows of a stored matrix as f32: y[firstRow + i] = scale * table[identifiers[i]].
  ///
  /// - Parameters:
  ///   - table: [V, E] in any format, of one segment.
  ///   - identifiers: [count], read; each below V.
  ///   - count: rows to gather.
  ///   - scale: multiplies every element.
  ///   - y: [*, E], written from row `firstRow`.
  ///   - firstRow: the first row that is written.
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func embeddingGather(
    _ table: WeightMatrix, identifiers: borrowing RowIndices, count: Int,
    scale: Float = 1, into y: inout DeviceBuffer<Float>, at firstRow: Int = 0
  ) throws(ComputeError) {
    let (width, rows) = (table.columns, table.table)
    try expect(
      "embeddingGather", "identifiers", identifiers, count: count, below: table.rows)
    try expect("embeddingGather", "y", y.count, Shape(firstRow + count, width))
    switch engine {
    case .cpu(let cpu):
      let elements = unsafe UnsafeRawPointer(rows.elements.host)
      let identifiers = unsafe identifiers.host
      let target = unsafe y.mutableHost + firstRow * width
      cpu.forEachRange(of: count, elementsPerRow: width) { range in
        unsafe gather_weights(
          range.lowerBound, range.upperBound, width, elements, rows.format.code, identifiers,
          scale, target)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.embedding)
      try gpu.kernel(Kernels.embeddingGather, [lanes.option, rows.format.option]).run(
        groups: count, lanes: lanes.count, rows.elements.read, identifiers.read, y.write, width,
        firstRow, scale)
    }
  }

  /// Downloads rows of a stored matrix to the host, row by row.
  ///
  /// - Parameters:
  ///   - identifiers: rows of `table`, each checked to be below V.
  ///   - table: [V, E]: the embeddings.
  /// - Throws: allocation and driver errors.
  package func downloadRows(
    _ identifiers: [Int], of table: WeightMatrix
  ) throws(ComputeError) -> [Float] {
    if let wrong = identifiers.first(where: { $0 < 0 || $0 >= table.rows }) {
      throw .rowIndex(
        operation: "downloadRows", operand: "identifiers", index: wrong, rows: table.rows)
    }
    guard !identifiers.isEmpty else { return [] }
    let rows = try rowIndices(identifiers.map(Int32.init))
    var gathered = try buffer(of: Float.self, count: identifiers.count * table.columns)
    try embeddingGather(table, identifiers: rows, count: identifiers.count, into: &gathered)
    return try download(gathered)
  }
}

extension Tunable {
  static let embedding = Tunable("embedding", .embedding, gpu: .rowLanes, cpu: .oneItem) {
    trial throws(ComputeError) in
    let (device, rows, width) = (trial.device, trial.sizes.rows, trial.sizes.hidden)
    let table = try trial.matrix(rows: 4 * rows, columns: width)
    let identifiers = try trial.rowIndices(rows, below: 4 * rows)
    let y = try trial.zeros(rows * width)
    trial.run { () throws(ComputeError) in
      try device.embeddingGather(
        table, identifiers: identifiers.indices, count: rows, into: &y.buffer)
    }
  }
}
