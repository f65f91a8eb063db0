import CArithmetic
import CKernels

extension KernelFile {
  static let compressLogits = unsafe KernelFile(
    kernel_compress_logits, needs: [.lanes, .rowReductions, .vocabularyRow])
}

extension Kernels {
  fileprivate static let compressLogits = KernelEntry(
    .compressLogits, "compress_logits", as: Read<Float>.self, Write<UInt16>.self, Int.self,
    Int.self)
}

extension Device {
  /// Rows of logits in 16 bits: binary16 of the difference from the row's maximum, which does not
  /// change the softmax.
  ///
  /// - Parameters:
  ///   - logits: [rows, width], read.
  ///   - rows: number of rows.
  ///   - width: elements per row.
  ///   - compressed: [*, width], written from row `firstRow`; differences are clamped to -65504.
  ///   - firstRow: the first row that is written.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func compressLogits(
    _ logits: borrowing DeviceBuffer<Float>, rows: Int, width: Int,
    into compressed: inout DeviceBuffer<UInt16>, firstRow: Int = 0
  ) throws(ComputeError) {
    try expect("compressLogits", "logits", logits.count, Shape(rows, width))
    try expect("compressLogits", "compressed", compressed.count, Shape(firstRow + rows, width))
    switch engine {
    case .cpu(let cpu):
      let logits = unsafe logits.host
      let compressed = unsafe compressed.mutableHost + firstRow * width
      cpu.forEachRange(of: rows, elementsPerRow: 2 * width) { range in
        unsafe compress_logits(range.lowerBound, range.upperBound, width, logits, compressed)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.compressLogits)
      try gpu.kernel(Kernels.compressLogits, [lanes.option]).run(
        groups: rows, lanes: lanes.count, logits.read, compressed.write, width, firstRow)
    }
  }
}

extension Tunable {
  static let compressLogits = Tunable(
    "compress_logits", .compressLogits, gpu: .vocabularyLanes, cpu: .oneItem
  ) { trial throws(ComputeError) in
    let (device, rows, width) = (trial.device, trial.sizes.responses, trial.sizes.vocabulary)
    let logits = try trial.floats(rows * width, scale: 8)
    let compressed = try trial.operand([UInt16](repeating: 0, count: rows * width))
    trial.run { () throws(ComputeError) in
      try device.compressLogits(
        logits.buffer, rows: rows, width: width, into: &compressed.buffer)
    }
  }
}
