import CArithmetic
import CKernels

extension KernelFile {
  static let sampling = unsafe KernelFile(kernel_sampling, needs: [.lanes])
}

extension Kernels {
  fileprivate static let sampleRows = KernelEntry(
    .sampling, "sample_rows", as: Read<Float>.self, Read<Float>.self, Write<Int32>.self, Int.self,
    Float.self)
}

extension Device {
  /// Draws one token per row from softmax(logits / temperature): the first whose cumulative
  /// probability exceeds the row's uniform number. Equal inputs give equal tokens on the same
  /// device.
  ///
  /// - Parameters:
  ///   - logits: [rows, width], read.
  ///   - temperature: above 0 (`argmax` is the limit at 0).
  ///   - uniforms: [rows], read: numbers in [0, 1), such as those of `UniformNumbers`.
  ///   - tokens: [rows], written.
  package func sample(
    _ logits: borrowing DeviceBuffer<Float>, temperature: Float,
    uniforms: borrowing DeviceBuffer<Float>, rows: Int, width: Int,
    into tokens: inout DeviceBuffer<Int32>
  ) throws(ComputeError) {
    guard temperature > 0 else {
      throw .unsupported(
        operation: "sample", reason: "temperature \(temperature), expected a number above 0")
    }
    try expect("sample", "logits", logits.count, atLeast: rows * width)
    try expect("sample", "uniforms", uniforms.count, atLeast: rows)
    try expect("sample", "tokens", tokens.count, atLeast: rows)
    switch engine {
    case .cpu(let cpu):
      let (logits, uniforms) = unsafe (logits.host, uniforms.host)
      let tokens = unsafe tokens.mutableHost
      cpu.forEachRange(of: rows, elementsPerRow: 8 * width) { range in
        unsafe sample_rows(
          range.lowerBound, range.upperBound, width, logits, temperature, uniforms, tokens)
      }
    case .opencl(let gpu):
      let lanes = gpu.vocabularyLanes
      try gpu.kernel(Kernels.sampleRows, [lanes.option]).run(
        groups: rows, lanes: lanes.count, logits.read, uniforms.read, tokens.write, width,
        temperature)
    }
  }
}
