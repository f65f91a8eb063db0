import CKernels

/// An embedded file of Kernels/, and the headers included before it.
@safe struct KernelFile {
  let name: String
  private let text: [UInt8]
  private let headers: [KernelFile]

  /// A kernel file with the headers that its header comment lists under "Needs", in that order. The
  /// dialect is included before every file and is not listed.
  init(_ source: KernelSource, needs headers: [KernelFile] = []) {
    name = unsafe String(cString: source.file)
    text = unsafe source.text.withMemoryRebound(to: UInt8.self, capacity: source.length) {
      unsafe Array(UnsafeBufferPointer(start: $0, count: source.length))
    }
    self.headers = headers
  }

  /// The source for the compiler: dialect, headers and this file, each with its own name and line
  /// numbers.
  var source: [UInt8] {
    ([.dialect] + headers + [self]).flatMap { file in
      Array("#line 1 \"\(file.name)\"\n".utf8) + file.text
    }
  }

  /// Whether it reduces rows.
  var reducesRows: Bool { headers.contains { $0.name == Self.rowReductions.name } }

  /// A hash of `source`.
  var fingerprint: String { Fingerprint.text(of: [source]) }

  /// The macros of OpenCL C and CUDA; included before each file.
  static let dialect = unsafe KernelFile(kernel_dialect)
  /// Row loads and stores, with GPU lanes or the wide vectors of a CPU.
  static let lanes = unsafe KernelFile(kernel_lanes)
  /// Sums and maxima over rows, included after `lanes`.
  static let rowReductions = unsafe KernelFile(kernel_row_reductions)
  /// f32 numbers as sums of bf16 numbers.
  static let bf16Pieces = unsafe KernelFile(kernel_bf16_pieces)
  /// Weights stored in blocks.
  static let weightBlocks = unsafe KernelFile(kernel_weight_blocks)
}

/// Which variant of a kernel is built.
package enum KernelVariant: Sendable {
  /// The variant for the device's type.
  case automatic
  /// The GPU variant, even on a device of CPU type: for tests without a GPU.
  case gpu
}
