import CArithmetic

extension Kernels {
  fileprivate static let mergeHeads = KernelEntry(
    .rotary, "merge_heads", as: Read<Float>?.self, Read<Float>?.self, Read<Float>?.self,
    Read<Float>.self, Read<Float>.self, Read<Int32>.self, Read<Int32>?.self, Write<Float>.self,
    Int.self, Int.self, Int.self, Int.self)
}

extension Device {
  /// The gradient of `splitHeads` with respect to the projection: the transposed rotation of the
  /// gradients of queries and keys, beside those of values.
  ///
  /// - Parameters:
  ///   - queryGradient: [rows, H, D], read.
  ///   - keyGradient: [*, G, D], read at `keyRows`.
  ///   - valueGradient: [*, G, D], read at `keyRows`.
  ///   - rotation: as in the forward pass.
  ///   - positions: [rows], read.
  ///   - keyRows: [rows], read.
  ///   - heads: numbers of heads and the head dimension.
  ///   - rows: number of rows.
  ///   - projectedGradient: [rows, (H + 2G) * D], written.
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func mergeHeads(
    queryGradient: borrowing DeviceBuffer<Float>, keyGradient: borrowing DeviceBuffer<Float>,
    valueGradient: borrowing DeviceBuffer<Float>, rotation: RotaryTable,
    positions: borrowing RowIndices, keyRows: borrowing RowIndices,
    heads: HeadShape, rows: Int, into projectedGradient: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let (width, keyWidth) = (heads.fusedWidth, heads.keyValueWidth)
    try expect("mergeHeads", "queryGradient", queryGradient.count, Shape(rows, heads.queryWidth))
    try expect("mergeHeads", "positions", positions, count: rows, below: rotation.positions)
    try expect(
      "mergeHeads", "keyRows", keyRows, count: rows,
      below: min(keyGradient.count, valueGradient.count) / max(keyWidth, 1))
    try expect("mergeHeads", "projectedGradient", projectedGradient.count, Shape(rows, width))
    switch engine {
    case .cpu(let cpu):
      let shape = unsafe rotation.shape(heads, positions: positions.host)
      let (query, keyRows) = unsafe (queryGradient.host, keyRows.host)
      let (key, value) = unsafe (keyGradient.host, valueGradient.host)
      let target = unsafe projectedGradient.mutableHost
      cpu.forEachRange(of: rows, elementsPerRow: 2 * width) { range in
        unsafe merge_heads(
          range.lowerBound, range.upperBound, shape, query, keyRows, key, value, target)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.rotary)
      try gpu.kernel(Kernels.mergeHeads, [lanes.option]).run(
        groups: rows, lanes: lanes.count, queryGradient.read, keyGradient.read, valueGradient.read,
        rotation.cosine.read, rotation.sine.read, positions.read, keyRows.read,
        projectedGradient.write, heads.queryWidth, heads.keyValueWidth, heads.headDimension,
        rotation.rotaryDimension / 2
      )
    }
  }

  /// The gradient of `splitQuery` with respect to the projection.
  ///
  /// - Parameters:
  ///   - queryGradient: [rows, H, D], read.
  ///   - rotation: the angles of the rotary embedding.
  ///   - positions: [rows], read.
  ///   - heads: numbers of heads and the head dimension.
  ///   - rows: number of rows.
  ///   - projectedGradient: [rows, H * D], written.
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func mergeQuery(
    _ queryGradient: borrowing DeviceBuffer<Float>, rotation: RotaryTable,
    positions: borrowing RowIndices, heads: HeadShape, rows: Int,
    into projectedGradient: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let width = heads.queryWidth
    try expect("mergeQuery", "queryGradient", queryGradient.count, Shape(rows, width))
    try expect("mergeQuery", "positions", positions, count: rows, below: rotation.positions)
    try expect("mergeQuery", "projectedGradient", projectedGradient.count, Shape(rows, width))
    let heads = heads.queriesAlone
    switch engine {
    case .cpu(let cpu):
      let shape = unsafe rotation.shape(heads, positions: positions.host)
      let (query, target) = unsafe (queryGradient.host, projectedGradient.mutableHost)
      cpu.forEachRange(of: rows, elementsPerRow: 2 * width) { range in
        unsafe merge_heads(
          range.lowerBound, range.upperBound, shape, query, nil, nil, nil, target)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.rotary)
      try gpu.kernel(Kernels.mergeHeads, [lanes.option]).run(
        groups: rows, lanes: lanes.count, queryGradient.read, nil, nil, rotation.cosine.read,
        rotation.sine.read, positions.read, nil, projectedGradient.write, heads.queryWidth,
        heads.keyValueWidth, heads.headDimension,
        rotation.rotaryDimension / 2)
    }
  }

  /// The gradient of `splitKeyValue` with respect to the projection.
  ///
  /// - Parameters:
  ///   - keyGradient: [*, G, D], read at `keyRows`.
  ///   - valueGradient: [*, G, D], read at `keyRows`.
  ///   - rotation: the angles of the rotary embedding.
  ///   - positions: [rows], read.
  ///   - keyRows: [rows], read.
  ///   - heads: numbers of heads and the head dimension.
  ///   - rows: number of rows.
  ///   - projectedGradient: [rows, 2G * D], written.
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func mergeKeyValue(
    keyGradient: borrowing DeviceBuffer<Float>, valueGradient: borrowing DeviceBuffer<Float>,
    rotation: RotaryTable, positions: borrowing RowIndices,
    keyRows: borrowing RowIndices, heads: HeadShape, rows: Int,
    into projectedGradient: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let width = heads.keyValueWidth
    try expect("mergeKeyValue", "positions", positions, count: rows, below: rotation.positions)
    try expect(
      "mergeKeyValue", "keyRows", keyRows, count: rows,
      below: min(keyGradient.count, valueGradient.count) / max(width, 1))
    try expect(
      "mergeKeyValue", "projectedGradient", projectedGradient.count, Shape(rows, 2 * width))
    let heads = heads.keysAndValuesAlone
    switch engine {
    case .cpu(let cpu):
      let shape = unsafe rotation.shape(heads, positions: positions.host)
      let (key, value, keyRows) = unsafe (keyGradient.host, valueGradient.host, keyRows.host)
      let target = unsafe projectedGradient.mutableHost
      cpu.forEachRange(of: rows, elementsPerRow: 4 * width) { range in
        unsafe merge_heads(
          range.lowerBound, range.upperBound, shape, nil, keyRows, key, value, target)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.rotary)
      try gpu.kernel(Kernels.mergeHeads, [lanes.option]).run(
        groups: rows, lanes: lanes.count, nil, keyGradient.read, valueGradient.read,
        rotation.cosine.read, rotation.sine.read, positions.read, keyRows.read,
        projectedGradient.write, heads.queryWidth, heads.keyValueWidth, heads.headDimension,
        rotation.rotaryDimension / 2
      )
    }
  }
}
