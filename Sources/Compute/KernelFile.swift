import CKernels

/// A file of Kernels/, carried inside the binary.
@safe struct KernelFile {
  let name: String
  let text: [UInt8]

  init(_ source: KernelSource) {
    name = unsafe String(cString: source.file)
    text = unsafe source.text.withMemoryRebound(to: UInt8.self, capacity: source.length) {
      unsafe Array(UnsafeBufferPointer(start: $0, count: source.length))
    }
  }

  /// The words that every kernel is written in; it stands before each file.
  static let dialect = unsafe KernelFile(kernel_dialect)
}

/// Which body of a kernel is built where it has two.
package enum KernelBodies: Sendable {
  /// As the device's type asks for.
  case automatic
  /// The bodies for GPUs, also on a device of CPU type: how they are tested without a GPU.
  case gpu
}
