import CArithmetic
import CKernels

extension Device {
  /// The gradient of `splitHeads` with respect to the projection: the transposed rotation of the gradients of queries
  /// and keys, beside those of values.
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
      let lanes = gpu.lanes(.rotary)
      var launch = try gpu.launch(.rotary, "merge_heads", [lanes.option, heads.option])
      try launch.read(queryGradient)
      try launch.read(keyGradient)
      try launch.read(valueGradient)
      try launch.read(rotation.cosine)
      try launch.read(rotation.sine)
      try launch.read(positions)
      try launch.read(keyRows)
      try launch.write(&projectedGradient)
      try launch.value(heads.queryWidth)
      try launch.value(keyWidth)
      try launch.value(rotation.rotaryDimension / 2)
      try launch.run(groups: rows, lanes: lanes.count)
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
      let lanes = gpu.lanes(.rotary)
      var launch = try gpu.launch(.rotary, "merge_heads", [lanes.option, heads.option])
      try launch.read(queryGradient)
      try launch.read(queryGradient)  // no keys
      try launch.read(queryGradient)  // no values
      try launch.read(rotation.cosine)
      try launch.read(rotation.sine)
      try launch.read(positions)
      try launch.read(positions)  // no key rows
      try launch.write(&projectedGradient)
      try launch.value(width)
      try launch.value(heads.keyValueWidth)
      try launch.value(rotation.rotaryDimension / 2)
      try launch.run(groups: rows, lanes: lanes.count)
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
      let lanes = gpu.lanes(.rotary)
      var launch = try gpu.launch(.rotary, "merge_heads", [lanes.option, heads.option])
      try launch.read(keyGradient)  // no queries
      try launch.read(keyGradient)
      try launch.read(valueGradient)
      try launch.read(rotation.cosine)
      try launch.read(rotation.sine)
      try launch.read(positions)
      try launch.read(keyRows)
      try launch.write(&projectedGradient)
      try launch.value(heads.queryWidth)
      try launch.value(width)
      try launch.value(rotation.rotaryDimension / 2)
      try launch.run(groups: rows, lanes: lanes.count)
    }
  }
}

extension Tunable {
  /// Splitting into heads and merging again, one choice for both.
  static let rotary = Tunable("rotary", .rotary, gpu: .rowLanes, cpu: .oneItem) {
    trial throws(ComputeError) in
    let (device, rows, heads) = (trial.device, trial.sizes.rows, trial.sizes.heads)
    let half = heads.headDimension / 2
    let rotation = try RotaryTable(
      device, inverseFrequencies: (0..<half).map { 1 / Float(1 + $0 * $0) }, positions: rows)
    let (positions, keyRows) = (
      try trial.places(rows, below: rows), try trial.places(rows, below: rows)
    )
    let projected = try trial.floats(rows * heads.fusedWidth)
    let query = try trial.zeros(rows * heads.queryWidth)
    let key = try trial.zeros(rows * heads.keyValueWidth)
    let value = try trial.zeros(rows * heads.keyValueWidth)
    trial.run { () throws(ComputeError) in
      try device.splitHeads(
        projected.buffer, rotation: rotation, positions: positions.buffer,
        keyRows: keyRows.buffer, heads: heads, rows: rows, query: &query.buffer,
        key: &key.buffer, value: &value.buffer)
      try device.mergeHeads(
        queryGradient: query.buffer, keyGradient: key.buffer, valueGradient: value.buffer,
        rotation: rotation, positions: positions.buffer, keyRows: keyRows.buffer, heads: heads,
        rows: rows, into: &projected.buffer)
    }
  }
}
