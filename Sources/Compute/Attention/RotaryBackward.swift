import CArithmetic

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
  ///   - projectedGradient: [rows, (H + 2G) * D], written.
  package func mergeHeads(
    queryGradient: borrowing DeviceBuffer<Float>, keyGradient: borrowing DeviceBuffer<Float>,
    valueGradient: borrowing DeviceBuffer<Float>, rotation: RotaryTable,
    positions: borrowing DeviceBuffer<Int32>, keyRows: borrowing DeviceBuffer<Int32>,
    heads: HeadShape, rows: Int, into projectedGradient: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let (width, keyWidth) = (heads.fusedWidth, heads.keyValueWidth)
    try expect("mergeHeads", "queryGradient", queryGradient.count, atLeast: rows * heads.queryWidth)
    try expect("mergeHeads", "keyGradient", keyGradient.count, atLeast: rows * keyWidth)
    try expect("mergeHeads", "valueGradient", valueGradient.count, atLeast: rows * keyWidth)
    try expect("mergeHeads", "positions", positions.count, atLeast: rows)
    try expect("mergeHeads", "keyRows", keyRows.count, atLeast: rows)
    try expect("mergeHeads", "projectedGradient", projectedGradient.count, atLeast: rows * width)
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
    case .opencl(let gpu):
      var launch = try gpu.rotary("merge_heads", heads)
      try launch.read(queryGradient)
      try launch.read(keyGradient)
      try launch.read(valueGradient)
      try launch.read(rotation, at: positions)
      try launch.read(keyRows)
      try launch.write(&projectedGradient)
      try launch.run(heads, rotation, rows: rows, on: gpu)
    }
  }

  /// The gradient of `splitQuery` with respect to the projection.
  ///
  /// - Parameters:
  ///   - queryGradient: [rows, H, D], read.
  ///   - positions: [rows], read.
  ///   - projectedGradient: [rows, H * D], written.
  package func mergeQuery(
    _ queryGradient: borrowing DeviceBuffer<Float>, rotation: RotaryTable,
    positions: borrowing DeviceBuffer<Int32>, heads: HeadShape, rows: Int,
    into projectedGradient: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let width = heads.queryWidth
    try expect("mergeQuery", "queryGradient", queryGradient.count, atLeast: rows * width)
    try expect("mergeQuery", "positions", positions.count, atLeast: rows)
    try expect("mergeQuery", "projectedGradient", projectedGradient.count, atLeast: rows * width)
    let heads = heads.queriesAlone
    switch engine {
    case .cpu(let cpu):
      let shape = unsafe rotation.shape(heads, positions: positions.host)
      let (query, target) = unsafe (queryGradient.host, projectedGradient.mutableHost)
      cpu.forEachRange(of: rows, elementsPerRow: 2 * width) { range in
        unsafe merge_heads(
          range.lowerBound, range.upperBound, shape, query, nil, nil, nil, target)
      }
    case .opencl(let gpu):
      var launch = try gpu.rotary("merge_heads", heads)
      try launch.read(queryGradient)
      try launch.none()  // keys
      try launch.none()  // values
      try launch.read(rotation, at: positions)
      try launch.none()  // key rows
      try launch.write(&projectedGradient)
      try launch.run(heads, rotation, rows: rows, on: gpu)
    }
  }

  /// The gradient of `splitKeyValue` with respect to the projection.
  ///
  /// - Parameters:
  ///   - keyGradient: [*, G, D], read at `keyRows`.
  ///   - valueGradient: [*, G, D], read at `keyRows`.
  ///   - positions: [rows], read.
  ///   - keyRows: [rows], read.
  ///   - projectedGradient: [rows, 2G * D], written.
  package func mergeKeyValue(
    keyGradient: borrowing DeviceBuffer<Float>, valueGradient: borrowing DeviceBuffer<Float>,
    rotation: RotaryTable, positions: borrowing DeviceBuffer<Int32>,
    keyRows: borrowing DeviceBuffer<Int32>, heads: HeadShape, rows: Int,
    into projectedGradient: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let width = heads.keyValueWidth
    try expect("mergeKeyValue", "keyGradient", keyGradient.count, atLeast: rows * width)
    try expect("mergeKeyValue", "valueGradient", valueGradient.count, atLeast: rows * width)
    try expect("mergeKeyValue", "positions", positions.count, atLeast: rows)
    try expect("mergeKeyValue", "keyRows", keyRows.count, atLeast: rows)
    try expect(
      "mergeKeyValue", "projectedGradient", projectedGradient.count, atLeast: 2 * rows * width)
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
    case .opencl(let gpu):
      var launch = try gpu.rotary("merge_heads", heads)
      try launch.none()  // queries
      try launch.read(keyGradient)
      try launch.read(valueGradient)
      try launch.read(rotation, at: positions)
      try launch.read(keyRows)
      try launch.write(&projectedGradient)
      try launch.run(heads, rotation, rows: rows, on: gpu)
    }
  }
}
