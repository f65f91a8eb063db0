import Foundation

extension Device {
  /// Bytes available for new buffers, as reported by the system: what the machine has left for this
  /// process on the CPU path, the device's memory minus the buffers of this process on OpenCL, what
  /// the driver has left on CUDA, and the smaller of both where the device's memory is the
  /// machine's.
  package var availableBytes: Int {
    switch engine {
    case .cpu:
      return HostMemory.current().tightest.availableBytes
    case .gpu(let gpu):
      let own = min(
        max(0, gpu.properties.memory - heldBytes), gpu.runtime.freeMemory ?? .max)
      return gpu.properties.sharesHostMemory
        ? min(own, HostMemory.current().tightest.availableBytes) : own
    }
  }
}
