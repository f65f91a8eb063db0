internal import CUDA
internal import OpenCL

/// What a GPU engine works through. Commands are enqueued and run in their order; the host waits
/// only where it says so.
enum Runtime {
  case opencl(OpenCL.Context)
  /// `matmul` is nil where cuBLASLt is not installed.
  case cuda(CUDA.Context, matmul: CUDA.Matmul?)

  /// Whether cuBLASLt is there.
  var hasMatmulLibrary: Bool {
    if case .cuda(_, _?) = self { true } else { false }
  }

  /// Submits all enqueued commands to the device, without waiting.
  func flush() throws(ComputeError) {
    switch self {
    case .opencl(let context):
      try driver { () throws(OpenCLError) in try context.flush() }
    case .cuda(let context, _):
      try driver { () throws(CUDAError) in try context.flush() }
    }
  }

  /// Waits until all enqueued commands have run.
  func finish() throws(ComputeError) {
    switch self {
    case .opencl(let context):
      try driver { () throws(OpenCLError) in try context.finish() }
    case .cuda(let context, _):
      try driver { () throws(CUDAError) in try context.finish() }
    }
  }

  /// Uninitialised device memory; nil if the device has none left.
  func allocate(byteCount: Int) throws(ComputeError) -> DeviceMemory? {
    switch self {
    case .opencl(let context):
      do throws(OpenCLError) {
        return .opencl(try context.allocate(byteCount: byteCount))
      } catch {
        if error.isOutOfMemory { return nil }
        throw .driver(error)
      }
    case .cuda(let context, _):
      do throws(CUDAError) {
        return .cuda(try context.allocate(byteCount: byteCount))
      } catch {
        if error.isOutOfMemory { return nil }
        throw .cuda(error)
      }
    }
  }

  /// Bytes of device memory that no process uses; nil where the runtime cannot tell.
  var freeMemory: Int? {
    switch self {
    case .opencl: nil
    case .cuda(let context, _): try? context.freeMemory()
    }
  }

  /// Copies, waits and bytes so far.
  var traffic: DeviceCounts {
    switch self {
    case .opencl(let context): DeviceCounts(context.traffic)
    case .cuda(let context, _): DeviceCounts(context.traffic)
    }
  }
}
