import CArithmetic
import CKernels

extension KernelFile {
  static let sampling = unsafe KernelFile(kernel_sampling, needs: [.lanes, .rowReductions])
}

extension Kernels {
  fileprivate static let sampleRows = KernelEntry(
    .sampling, "sample_rows", as: Read<Float>.self, Read<Float>.self, Write<Int32>.self, Int.self)
}

extension Device {
  /// Draws one token per row: the first whose cumulative probability exceeds the row's uniform
  /// number. Equal inputs give equal tokens on the same device.
  ///
  /// - Parameters:
  ///   - probabilities: [rows, width], read: those of `softmax`.
  ///   - uniforms: [rows], read: numbers in [0, 1), such as those of `UniformNumbers`.
  ///   - rows: number of rows.
  ///   - width: elements per row.
  ///   - tokens: [rows], written.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func sample(
    _ probabilities: borrowing DeviceBuffer<Float>, uniforms: borrowing DeviceBuffer<Float>,
    rows: Int, width: Int, into tokens: inout DeviceBuffer<Int32>
  ) throws(ComputeError) {
    try expect("sample", "probabilities", probabilities.count, Shape(rows, width))
    try expect("sample", "uniforms", uniforms.count, Shape(rows))
    try expect("sample", "tokens", tokens.count, Shape(rows))
    switch engine {
    case .cpu(let cpu):
      let (probabilities, uniforms) = unsafe (probabilities.host, uniforms.host)
      let tokens = unsafe tokens.mutableHost
      cpu.forEachRange(of: rows, elementsPerRow: 2 * width) { range in
        unsafe sample_rows(
          range.lowerBound, range.upperBound, width, probabilities, uniforms, tokens)
      }
    case .gpu(let gpu):
      let lanes = gpu.vocabularyLanes
      try gpu.kernel(Kernels.sampleRows, [lanes.option]).run(
        groups: rows, lanes: lanes.count, probabilities.read, uniforms.read, tokens.write, width)
    }
  }
}
