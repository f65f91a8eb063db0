import Foundation

extension Device {
  /// Bytes available for new buffers, as reported by the system: the machine's available memory on
  /// the CPU path, the device's memory minus the buffers of this process on OpenCL.
  package var availableBytes: Int {
    switch engine {
    case .cpu:
      CPUEngine.availableBytes() ?? Int(clamping: ProcessInfo.processInfo.physicalMemory)
    case .opencl(let gpu):
      max(0, gpu.context.description.memory - heldBytes)
    }
  }
}
