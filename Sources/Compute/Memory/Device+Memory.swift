import Foundation

extension Device {
  /// Bytes available for new buffers, as reported by the system: what the machine has left for this
  /// process on the CPU path, the device's memory minus the buffers of this process on OpenCL, what
  /// the driver has left on CUDA, and the smaller of both where the device's memory is the
  /// machine's. Each of the processes that share the memory has an equal part.
  package var availableBytes: Int {
    let host = usesHostMemory ? HostMemory.availableBytes(toEachOf: processesOnMemory) : .max
    guard case .gpu(let gpu) = engine else { return host }
    let own = min(
      max(0, gpu.properties.memory / processesOnMemory - heldBytes),
      gpu.runtime.freeMemory.map { $0 / processesOnMemory } ?? .max)
    return min(own, host)
  }

  /// Whether the device works in the host's memory, as the CPU path and integrated GPUs do.
  private var usesHostMemory: Bool {
    if case .gpu(let gpu) = engine { return gpu.properties.sharesHostMemory }
    return true
  }

  /// What the memory belongs to: the same text in two processes of a host that share it.
  package var memoryOwner: String {
    usesHostMemory ? "host" : uuid.map { String($0, radix: 16) } ?? name
  }
}
