import CArithmetic
import CKernels

extension KernelFile {
  static let argmax = unsafe KernelFile(kernel_argmax, needs: [.lanes, .rowReductions])
}

extension Kernels {
  fileprivate static let argmaxRows = KernelEntry(
    .argmax, "argmax_rows", as: Read<Float>.self, Write<Int32>.self, Int.self)
}

extension Device {
  /// The index of the largest element of each row; of equal elements the lowest index.
  ///
  /// - Parameters:
  ///   - x: [rows, width], read.
  ///   - rows: number of rows.
  ///   - width: elements per row.
  ///   - indices: [rows], written: columns; 0 in a row of NaN.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func argmax(
    _ x: borrowing DeviceBuffer<Float>, rows: Int, width: Int,
    into indices: inout DeviceBuffer<Int32>
  ) throws(ComputeError) {
    try expect("argmax", "x", x.count, Shape(rows, width))
    try expect("argmax", "indices", indices.count, Shape(rows))
    switch engine {
    case .cpu(let cpu):
      let (x, indices) = unsafe (x.host, indices.mutableHost)
      cpu.forEachRange(of: rows, elementsPerRow: width) { range in
        unsafe argmax_rows(range.lowerBound, range.upperBound, width, x, indices)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.argmax)
      try gpu.kernel(Kernels.argmaxRows, [lanes.option]).run(
        groups: rows, lanes: lanes.count, x.read, indices.write, width)
    }
  }
}

extension Tunable {
  static let argmax = Tunable("argmax", .argmax, gpu: .vocabularyLanes, cpu: .oneItem) {
    trial throws(ComputeError) in
    let (device, rows, width) = (trial.device, trial.sizes.responses, trial.sizes.vocabulary)
    let (x, indices) = (
      try trial.floats(rows * width), try trial.operand(trial.tokens(rows, below: rows))
    )
    trial.run { () throws(ComputeError) in
      try device.argmax(x.buffer, rows: rows, width: width, into: &indices.buffer)
    }
  }
}
