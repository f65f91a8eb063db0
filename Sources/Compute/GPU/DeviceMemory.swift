internal import CUDA
internal import OpenCL

/// A buffer in the memory of a GPU. Ranges and offsets are in bytes.
enum DeviceMemory {
  case opencl(OpenCL.Memory)
  case cuda(CUDA.Memory)

  /// Copies host bytes to `offset`; they may be reused when this returns.
  func upload(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(ComputeError) {
    switch self {
    case .opencl(let memory):
      try driver { () throws(OpenCLError) in try unsafe memory.upload(bytes, at: offset) }
    case .cuda(let memory):
      try driver { () throws(CUDAError) in try unsafe memory.upload(bytes, at: offset) }
    }
  }

  /// Waits for the device and copies bytes from `offset` to the host.
  func download(
    into bytes: UnsafeMutableRawBufferPointer, from offset: Int
  ) throws(ComputeError) {
    switch self {
    case .opencl(let memory):
      try driver { () throws(OpenCLError) in try unsafe memory.download(into: bytes, from: offset) }
    case .cuda(let memory):
      try driver { () throws(CUDAError) in try unsafe memory.download(into: bytes, from: offset) }
    }
  }

  /// Enqueues a copy on the device from another buffer of it.
  func copy(
    from source: DeviceMemory, sourceOffset: Int, offset: Int, byteCount: Int
  ) throws(ComputeError) {
    switch (source, self) {
    case (.opencl(let source), .opencl(let target)):
      try driver { () throws(OpenCLError) in
        try target.copy(
          from: source, sourceOffset: sourceOffset, offset: offset, byteCount: byteCount)
      }
    case (.cuda(let source), .cuda(let target)):
      try driver { () throws(CUDAError) in
        try target.copy(
          from: source, sourceOffset: sourceOffset, offset: offset, byteCount: byteCount)
      }
    case (.opencl, .cuda), (.cuda, .opencl):
      preconditionFailure("a copy between buffers of two devices")
    }
  }

  /// Enqueues a fill with a repeated pattern of 1, 2 or 4 bytes.
  func fill<Pattern: BitwiseCopyable>(
    _ pattern: Pattern, offset: Int, byteCount: Int
  ) throws(ComputeError) {
    switch self {
    case .opencl(let memory):
      try driver { () throws(OpenCLError) in
        try memory.fill(pattern, offset: offset, byteCount: byteCount)
      }
    case .cuda(let memory):
      try driver { () throws(CUDAError) in
        try memory.fill(pattern, offset: offset, byteCount: byteCount)
      }
    }
  }

  /// The whole buffer as an operand of cuBLASLt.
  var slice: CUDA.MemorySlice {
    guard case .cuda(let memory) = self else {
      preconditionFailure("a buffer of an OpenCL device used by cuBLASLt")
    }
    return memory.slice()
  }
}
