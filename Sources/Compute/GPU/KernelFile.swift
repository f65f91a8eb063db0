import CKernels

/// A file of Kernels/, carried inside the binary, and the headers that stand before it.
@safe struct KernelFile {
  let name: String
  private let text: [UInt8]
  private let headers: [KernelFile]

  /// A kernel file with the headers that its opening comment names under "Needs", in that order. The
  /// dialect stands before every file and is never named.
  init(_ source: KernelSource, needs headers: [KernelFile] = []) {
    name = unsafe String(cString: source.file)
    text = unsafe source.text.withMemoryRebound(to: UInt8.self, capacity: source.length) {
      unsafe Array(UnsafeBufferPointer(start: $0, count: source.length))
    }
    self.headers = headers
  }

  /// What the compiler gets: dialect, headers and this file, each under its own name and line numbers.
  var source: [UInt8] {
    ([.dialect] + headers + [self]).flatMap { file in
      Array("#line 1 \"\(file.name)\"\n".utf8) + file.text
    }
  }

  /// A hash of what the compiler gets.
  var fingerprint: String { Fingerprint.text(of: [source]) }

  /// The words that every kernel is written in; it stands before each file.
  static let dialect = unsafe KernelFile(kernel_dialect)
  /// Loads, stores and reductions along a row, with the lanes of a GPU or the wide vectors of a CPU.
  static let lanes = unsafe KernelFile(kernel_lanes)
}

/// Which body of a kernel is built where it has two.
package enum KernelVariant: Sendable {
  /// As the device's type asks for.
  case automatic
  /// The bodies for GPUs, also on a device of CPU type: how they are tested without a GPU.
  case gpu
}
