import Foundation

extension Device {
  /// Bytes that new buffers may take, as far as the system says: what the machine has left on the CPU path, what the device has
  /// beyond the buffers of this process on OpenCL.
  package var availableBytes: Int {
    switch engine {
    case .cpu:
      CPUEngine.availableBytes() ?? Int(clamping: ProcessInfo.processInfo.physicalMemory)
    case .opencl(let gpu):
      max(0, gpu.context.description.memory - heldBytes)
    }
  }
}
