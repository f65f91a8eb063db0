import CArithmetic
import CKernels

extension KernelFile {
  static let rowGather = unsafe KernelFile(kernel_row_gather)
}

extension Kernels {
  fileprivate static let gatherRows = KernelEntry(
    .rowGather, "gather_rows", as: Read<Float>.self, Read<Int32>.self, Write<Float>.self, Int.self)
  fileprivate static let scatterRows = KernelEntry(
    .rowGather, "scatter_rows", as: Read<Float>.self, Read<Int32>.self, Write<Float>.self, Int.self,
    Int.self)
}

extension Device {
  /// Gathers rows by row index: target[r] = source[rows[r]].
  ///
  /// - Parameters:
  ///   - source: [*, width], read.
  ///   - rows: [count], read: row indices into `source`, in any order, repeats allowed.
  ///   - count: number of row indices.
  ///   - width: elements per row.
  ///   - target: [count, width], written.
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func gatherRows(
    _ source: borrowing DeviceBuffer<Float>, at rows: borrowing RowIndices, count: Int,
    width: Int, into target: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("gatherRows", "rows", rows, count: count, below: source.count / max(width, 1))
    try expect("gatherRows", "target", target.count, Shape(count, width))
    switch engine {
    case .cpu(let cpu):
      let (source, rows, target) = unsafe (source.host, rows.host, target.mutableHost)
      cpu.forEachRange(of: count, elementsPerRow: width) { range in
        unsafe gather_rows(range.lowerBound, range.upperBound, width, source, rows, target)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.rowGather)
      try gpu.kernel(Kernels.gatherRows, [lanes.option]).run(
        groups: count, lanes: lanes.count, source.read, rows.read, target.write, width)
    }
  }

  /// Scatters rows by row index: target[rows[r]] = source[r]. Other rows keep their contents.
  ///
  /// - Parameters:
  ///   - source: [count, width], read.
  ///   - rows: [count], read: row indices into `target`, all distinct.
  ///   - count: number of row indices.
  ///   - width: elements per row.
  ///   - accumulating: adds to the rows of `target`.
  ///   - target: [*, width], updated.
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func scatterRows(
    _ source: borrowing DeviceBuffer<Float>, to rows: borrowing RowIndices, count: Int,
    width: Int, accumulating: Bool = false, in target: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("scatterRows", "source", source.count, Shape(count, width))
    try expect("scatterRows", "rows", rows, count: count, below: target.count / max(width, 1))
    switch engine {
    case .cpu(let cpu):
      let (source, rows, target) = unsafe (source.host, rows.host, target.mutableHost)
      cpu.forEachRange(of: count, elementsPerRow: width) { range in
        unsafe scatter_rows(
          range.lowerBound, range.upperBound, width, source, rows, accumulating, target)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.rowGather)
      try gpu.kernel(Kernels.scatterRows, [lanes.option]).run(
        groups: count, lanes: lanes.count, source.read, rows.read, target.write, width,
        accumulating ? 1 : 0)
    }
  }
}

extension Tunable {
  static let rowGather = Tunable("row_gather", .rowGather, gpu: .rowLanes, cpu: .oneItem) {
    trial throws(ComputeError) in
    let (device, rows, width) = (trial.device, trial.sizes.rows, trial.sizes.hidden)
    let rowIndices = try trial.rowIndices(rows, below: rows)
    let (source, target) = (try trial.floats(rows * width), try trial.zeros(rows * width))
    trial.run { () throws(ComputeError) in
      try device.gatherRows(
        source.buffer, at: rowIndices.indices, count: rows, width: width, into: &target.buffer)
      try device.scatterRows(
        target.buffer, to: rowIndices.indices, count: rows, width: width, in: &source.buffer)
    }
  }
}
