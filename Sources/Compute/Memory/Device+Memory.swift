import Foundation

extension Device {
  /// Bytes available for new buffers, as reported by the system: what the machine has left for this
  /// process on the CPU path, the device's memory minus the buffers of this process on OpenCL, and
  /// the smaller of both where the device's memory is the machine's.
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
