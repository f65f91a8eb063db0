import CArithmetic
import CKernels

extension KernelFile {
  static let rotary = unsafe KernelFile(kernel_rotary)
}

extension Kernels {
  fileprivate static let splitHeads = KernelEntry(
    .rotary, "split_heads", as: Read<Float>.self, Read<Float>.self, Read<Float>.self,
    Read<Int32>.self, Read<Int32>?.self, Write<Float>?.self, Write<Float>?.self,
    Write<Float>?.self, Int.self, Int.self, Int.self, Int.self)
}

extension Tunable {
  /// One configuration for `split_heads` and `merge_heads`.
  static let rotary = Tunable("rotary", .rotary, gpu: .rowLanes, cpu: .oneItem) {
    trial throws(ComputeError) in
    let (device, rows, heads) = (trial.device, trial.sizes.rows, trial.sizes.heads)
    let half = heads.headDimension / 2
    let rotation = try RotaryTable(
      device, inverseFrequencies: (0..<half).map { 1 / Float(1 + $0 * $0) }, positions: rows)
    let (positions, keyRows) = (
      try trial.rowIndices(rows, below: rows), try trial.rowIndices(rows, below: rows)
    )
    let projected = try trial.floats(rows * heads.fusedWidth)
    let query = try trial.zeros(rows * heads.queryWidth)
    let key = try trial.zeros(rows * heads.keyValueWidth)
    let value = try trial.zeros(rows * heads.keyValueWidth)
    trial.run { () throws(ComputeError) in
      try device.splitHeads(
        projected.buffer, rotation: rotation, positions: positions.indices,
        keyRows: keyRows.indices, heads: heads, rows: rows, query: &query.buffer,
        key: &key.buffer, value: &value.buffer)
      try device.mergeHeads(
        queryGradient: query.buffer, keyGradient: key.buffer, valueGradient: value.buffer,
        rotation: rotation, positions: positions.indices, keyRows: keyRows.indices, heads: heads,
        rows: rows, into: &projected.buffer)
    }
  }
}

extension Device {
  /// Splits a fused projection into heads and applies half-split (NeoX) RoPE to queries and keys:
  /// element i is paired with element i + rotaryDimension / 2.
  ///
  /// - Parameters:
  ///   - projected: [rows, (H + 2G) * D], read: query | key | value of a row.
  ///   - rotation: the angles of at least all `positions`.
  ///   - positions: [rows], read.
  ///   - keyRows: [rows], read: the row of `key` and `value` that each row's key and value go to,
  ///     each named once.
  ///   - heads: numbers of heads and the head dimension.
  ///   - rows: number of rows.
  ///   - query: [rows, H, D], written.
  ///   - key: [*, G, D], rows at `keyRows` written.
  ///   - value: [*, G, D], rows at `keyRows` written.
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func splitHeads(
    _ projected: borrowing DeviceBuffer<Float>, rotation: RotaryTable,
    positions: borrowing RowIndices, keyRows: borrowing RowIndices,
    heads: HeadShape, rows: Int, query: inout DeviceBuffer<Float>,
    key: inout DeviceBuffer<Float>, value: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("splitHeads", "projected", projected.count, Shape(rows, heads.fusedWidth))
    try expect("splitHeads", "positions", positions, count: rows, below: rotation.positions)
    try expect(
      "splitHeads", "keyRows", keyRows, count: rows,
      below: min(key.count, value.count) / max(heads.keyValueWidth, 1))
    try expect("splitHeads", "query", query.count, Shape(rows, heads.queryWidth))
    switch engine {
    case .cpu(let cpu):
      let shape = unsafe rotation.shape(heads, positions: positions.host)
      let (projected, keyRows) = unsafe (projected.host, keyRows.host)
      let (query, key, value) = unsafe (query.mutableHost, key.mutableHost, value.mutableHost)
      cpu.forEachRange(of: rows, elementsPerRow: 2 * heads.fusedWidth) { range in
        unsafe split_heads(
          range.lowerBound, range.upperBound, shape, projected, keyRows, query, key, value)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.rotary)
      try gpu.kernel(Kernels.splitHeads, [lanes.option]).run(
        groups: rows, lanes: lanes.count, projected.read, rotation.cosine.read, rotation.sine.read,
        positions.read, keyRows.read, query.write, key.write, value.write, heads.queryWidth,
        heads.keyValueWidth, heads.headDimension,
        rotation.rotaryDimension / 2)
    }
  }

  /// As `splitHeads`, for a projection of queries only: the last layer computes queries at response
  /// rows only.
  ///
  /// - Parameters:
  ///   - projected: [rows, H * D], read.
  ///   - rotation: the angles of the rotary embedding.
  ///   - positions: [rows], read.
  ///   - heads: numbers of heads and the head dimension.
  ///   - rows: number of rows.
  ///   - query: [rows, H, D], written.
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func splitQuery(
    _ projected: borrowing DeviceBuffer<Float>, rotation: RotaryTable,
    positions: borrowing RowIndices, heads: HeadShape, rows: Int,
    query: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("splitQuery", "projected", projected.count, Shape(rows, heads.queryWidth))
    try expect("splitQuery", "positions", positions, count: rows, below: rotation.positions)
    try expect("splitQuery", "query", query.count, Shape(rows, heads.queryWidth))
    let heads = heads.queriesAlone
    switch engine {
    case .cpu(let cpu):
      let shape = unsafe rotation.shape(heads, positions: positions.host)
      let (projected, query) = unsafe (projected.host, query.mutableHost)
      cpu.forEachRange(of: rows, elementsPerRow: 2 * heads.fusedWidth) { range in
        unsafe split_heads(
          range.lowerBound, range.upperBound, shape, projected, nil, query, nil, nil)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.rotary)
      try gpu.kernel(Kernels.splitHeads, [lanes.option]).run(
        groups: rows, lanes: lanes.count, projected.read, rotation.cosine.read, rotation.sine.read,
        positions.read, nil, query.write, nil, nil, heads.queryWidth, heads.keyValueWidth,
        heads.headDimension,
        rotation.rotaryDimension / 2)
    }
  }

  /// As `splitHeads`, for a projection of keys and values only.
  ///
  /// - Parameters:
  ///   - projected: [rows, 2G * D], read: key | value of a row.
  ///   - rotation: the angles of the rotary embedding.
  ///   - positions: [rows], read.
  ///   - keyRows: [rows], read.
  ///   - heads: numbers of heads and the head dimension.
  ///   - rows: number of rows.
  ///   - key: [*, G, D], rows at `keyRows` written.
  ///   - value: [*, G, D], rows at `keyRows` written.
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func splitKeyValue(
    _ projected: borrowing DeviceBuffer<Float>, rotation: RotaryTable,
    positions: borrowing RowIndices, keyRows: borrowing RowIndices,
    heads: HeadShape, rows: Int, key: inout DeviceBuffer<Float>,
    value: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect(
      "splitKeyValue", "projected", projected.count, Shape(rows, 2 * heads.keyValueWidth))
    try expect("splitKeyValue", "positions", positions, count: rows, below: rotation.positions)
    try expect(
      "splitKeyValue", "keyRows", keyRows, count: rows,
      below: min(key.count, value.count) / max(heads.keyValueWidth, 1))
    let heads = heads.keysAndValuesAlone
    switch engine {
    case .cpu(let cpu):
      let shape = unsafe rotation.shape(heads, positions: positions.host)
      let (projected, keyRows) = unsafe (projected.host, keyRows.host)
      let (key, value) = unsafe (key.mutableHost, value.mutableHost)
      cpu.forEachRange(of: rows, elementsPerRow: 2 * heads.fusedWidth) { range in
        unsafe split_heads(
          range.lowerBound, range.upperBound, shape, projected, keyRows, nil, key, value)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.rotary)
      try gpu.kernel(Kernels.splitHeads, [lanes.option]).run(
        groups: rows, lanes: lanes.count, projected.read, rotation.cosine.read, rotation.sine.read,
        positions.read, keyRows.read, nil, key.write, value.write, heads.queryWidth,
        heads.keyValueWidth, heads.headDimension,
        rotation.rotaryDimension / 2)
    }
  }
}

extension HeadShape {
  /// The heads of a projection of queries only.
  var queriesAlone: HeadShape {
    HeadShape(queryHeads: queryHeads, keyValueHeads: 0, headDimension: headDimension)
  }

  /// The heads of a projection of keys and values only.
  var keysAndValuesAlone: HeadShape {
    HeadShape(queryHeads: 0, keyValueHeads: keyValueHeads, headDimension: headDimension)
  }
}

extension RotaryTable {
  /// The operands of the CPU path; valid while this table and the positions live.
  func shape(_ heads: HeadShape, positions: UnsafePointer<Int32>) -> HeadRotation {
    unsafe HeadRotation(
      query_heads: heads.queryHeads, key_value_heads: heads.keyValueHeads,
      head_dimension: heads.headDimension, half_dimension: rotaryDimension / 2,
      cosine: cosine.host, sine: sine.host, positions: positions)
  }
}
