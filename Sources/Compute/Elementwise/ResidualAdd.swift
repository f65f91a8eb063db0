import CArithmetic
import CKernels

extension KernelFile {
  static let residualAdd = unsafe KernelFile(kernel_residual_add)
}

extension Kernels {
  fileprivate static let addElements = KernelEntry(
    .residualAdd, "add_elements", as: Read<Float>.self, Write<Float>.self, Offset.self)
  fileprivate static let scaleElements = KernelEntry(
    .residualAdd, "scale_elements", as: Write<Float>.self, Offset.self, Float.self)
  fileprivate static let addPositionRows = KernelEntry(
    .residualAdd, "add_position_rows", as: Read<Float>.self, Read<Int32>.self, Write<Float>.self,
    Int.self)
}

extension Device {
  /// y[i] += x[i].
  ///
  /// - Parameters:
  ///   - x: [count], read.
  ///   - y: [count], updated.
  ///   - count: number of elements.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func add(
    _ x: borrowing DeviceBuffer<Float>, to y: inout DeviceBuffer<Float>, count: Int
  ) throws(ComputeError) {
    try expect("add", "x", x.count, Shape(count))
    try expect("add", "y", y.count, Shape(count))
    switch engine {
    case .cpu(let cpu):
      let (x, y) = unsafe (x.host, y.mutableHost)
      cpu.forEachRange(of: count, elementsPerRow: 1) { range in
        unsafe add_elements(range.lowerBound, range.upperBound, x, y)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.residualAdd)
      let quads = gpu.quads(count)
      try gpu.kernel(Kernels.addElements, [lanes.option, quads]).run(
        groups: lanes.groups(for: quads.value == 1 ? count / 4 : count), lanes: lanes.count, x.read,
        y.write, Offset(count))
    }
  }

  /// y[i] *= factor.
  ///
  /// - Parameters:
  ///   - y: [count], updated.
  ///   - factor: the factor.
  ///   - count: number of elements.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func scale(
    _ y: inout DeviceBuffer<Float>, by factor: Float, count: Int
  ) throws(ComputeError) {
    try expect("scale", "y", y.count, Shape(count))
    switch engine {
    case .cpu(let cpu):
      let y = unsafe y.mutableHost
      cpu.forEachRange(of: count, elementsPerRow: 1) { range in
        unsafe scale_elements(range.lowerBound, range.upperBound, factor, y)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.residualAdd)
      let quads = gpu.quads(count)
      try gpu.kernel(Kernels.scaleElements, [lanes.option, quads]).run(
        groups: lanes.groups(for: quads.value == 1 ? count / 4 : count), lanes: lanes.count,
        y.write, Offset(count), factor)
    }
  }

  /// Adds learned position embeddings: y[r] += table[positions[r]].
  ///
  /// - Parameters:
  ///   - table: [*, width], read.
  ///   - positions: [rows], read: rows of `table`.
  ///   - width: elements per row.
  ///   - rows: number of rows.
  ///   - y: [rows, width], updated.
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func addPositionRows(
    _ table: borrowing DeviceBuffer<Float>, positions: borrowing RowIndices, width: Int,
    rows: Int, to y: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect(
      "addPositionRows", "positions", positions, count: rows, below: table.count / max(width, 1))
    try expect("addPositionRows", "y", y.count, Shape(rows, width))
    switch engine {
    case .cpu(let cpu):
      let (table, positions, y) = unsafe (table.host, positions.host, y.mutableHost)
      cpu.forEachRange(of: rows, elementsPerRow: width) { range in
        unsafe add_position_rows(range.lowerBound, range.upperBound, width, table, positions, y)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.residualAdd)
      try gpu.kernel(Kernels.addPositionRows, [lanes.option, gpu.quads(1)]).run(
        groups: [rows, lanes.groups(for: width)], items: [lanes.count, 1], table.read,
        positions.read, y.write, width)
    }
  }
}

extension Tunable {
  static let residualAdd = Tunable(
    "residual_add", .residualAdd, gpu: .elementLanes, cpu: .elementLanes
  ) { trial throws(ComputeError) in
    let (device, rows, width) = (trial.device, trial.sizes.rows, trial.sizes.hidden)
    let (x, y) = (try trial.floats(rows * width), try trial.floats(rows * width))
    let positions = try trial.rowIndices(rows, below: rows)
    trial.run { () throws(ComputeError) in
      try device.add(x.buffer, to: &y.buffer, count: rows * width)
      try device.addPositionRows(
        x.buffer, positions: positions.indices, width: width, rows: rows, to: &y.buffer)
    }
  }
}
