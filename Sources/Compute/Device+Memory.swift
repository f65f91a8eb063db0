import Foundation

extension Device {
  /// Bytes that new buffers may take, as far as the system says: what the machine has left for this process on the CPU path,
  /// what the device has beyond the buffers of this process on OpenCL, and both where the device's memory is the machine's.
  package var availableBytes: Int {
    switch engine {
    case .cpu:
      return HostMemory.current().tightest.availableBytes
    case .opencl(let gpu):
      let device = gpu.context.description
      let own = max(0, device.memory - heldBytes)
      return device.sharesHostMemory
        ? min(own, HostMemory.current().tightest.availableBytes) : own
    }
  }
}
