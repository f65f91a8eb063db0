import CArithmetic
package import OpenCL

/// Where the arithmetic runs: a GPU (or another device) through OpenCL, or the CPU path on OpenBLAS and
/// vectorised C. The set is closed, so an operation stands in one file: contract, launch and CPU arithmetic.
///
/// Not Sendable: one thread drives a device, and commands run in the order of the calls.
package final class Device {
  enum Engine {
    case cpu(CPUEngine)
    case opencl(OpenCLEngine)
  }

  let engine: Engine
  let pool: MemoryPool
  /// How users name this device: `cpu` or `opencl:0.0`.
  package let name: String
  /// What the device calls itself.
  package let title: String
  /// Which tuning the kernels run with; none on the CPU path.
  package let tuning: DeviceTuning

  /// Whether products with bf16 weights round activations and gradients to bf16 too, but for those that are asked to be
  /// exact. Each factor is then off by up to 2^-9 of itself, and the processor runs at twice the rate. It changes nothing where
  /// `canRoundActivations` is false.
  package var roundsActivations = false

  /// The CPU path with so many threads; nil takes one a core.
  package init(
    cpuThreads threads: Int? = nil, bodies: CPUBodies = .automatic, memoryLimit: Int? = nil
  ) throws(ComputeError) {
    let cpu = try CPUEngine(threads: threads, bodies: bodies)
    engine = .cpu(cpu)
    name = "cpu"
    title = "CPU, \(cpu.threads) thread\(cpu.threads == 1 ? "" : "s"), OpenBLAS"
    tuning = DeviceTuning()
    pool = MemoryPool { byteCount, heldBytes throws(ComputeError) in
      try CPUEngine.allocate(byteCount: byteCount, heldBytes: heldBytes, limit: memoryLimit)
    }
  }

  /// An OpenCL device. `isProfiling` keeps a time for every launch (see `takeTimings`); `tunings` is where its kernels'
  /// constants are looked for.
  package init(
    opencl description: DeviceDescription, isProfiling: Bool = false,
    bodies: KernelBodies = .automatic, tunings: TuningStore = .user, memoryLimit: Int? = nil
  ) throws(ComputeError) {
    let gpu = try OpenCLEngine(description, isProfiling: isProfiling, bodies: bodies)
    engine = .opencl(gpu)
    tuning = tunings.apply(to: gpu)
    name = "opencl:\(description.platformIndex).\(description.deviceIndex)"
    title = "\(description.name) (\(description.platform))"
    pool = MemoryPool(
      allocate: { byteCount, heldBytes throws(ComputeError) in
        try gpu.allocate(byteCount: byteCount, heldBytes: heldBytes, limit: memoryLimit)
      },
      finish: { () throws(ComputeError) in
        try driver { () throws(OpenCLError) in try gpu.context.finish() }
      })
  }

  /// True for the CPU path.
  package var isCPU: Bool {
    if case .cpu = engine { return true }
    return false
  }

  /// Threads of the CPU path; nil on other devices. Where OpenBLAS multiplies, their number decides how matrices are divided, so
  /// another number changes the order of sums and the last digits.
  package var threads: Int? {
    if case .cpu(let cpu) = engine { return cpu.threads }
    return nil
  }

  /// True for the CPU path on a processor with dot products of bf16 pairs (AVX512-BF16).
  package var canRoundActivations: Bool {
    if case .cpu(let cpu) = engine { return cpu.usesTiles && product_has_bfloat16_dots() }
    return false
  }

  /// Waits until everything asked for so far has been done.
  package func synchronize() throws(ComputeError) {
    if case .opencl(let gpu) = engine {
      try driver { () throws(OpenCLError) in try gpu.context.finish() }
    }
  }

  /// Gives memory that is kept for the next buffers back to the system: what one phase used up, the next may not need.
  package func releaseKeptMemory() { pool.drain() }

  /// Bytes of device memory held now, buffers in use and buffers kept for the next.
  package var heldBytes: Int { pool.heldBytes }
  /// The most bytes ever held.
  package var peakBytes: Int { pool.peakBytes }
  /// Allocations made so far.
  package var allocations: Int { pool.allocations }
  /// What was asked of the device so far; nothing on the CPU path.
  package var counts: DeviceCounts {
    guard case .opencl(let gpu) = engine else { return DeviceCounts() }
    return DeviceCounts(launches: gpu.launches, traffic: gpu.context.traffic)
  }

  /// Hands what was asked for to the device without waiting for it.
  package func flush() throws(ComputeError) {
    if case .opencl(let gpu) = engine {
      try driver { () throws(OpenCLError) in try gpu.context.flush() }
    }
  }

  /// Seconds on the device of every launch since the last call, in order, by kernel entry; empty unless
  /// the device is profiling.
  package func takeTimings() throws(ComputeError) -> [(entry: String, seconds: Double)] {
    if case .opencl(let gpu) = engine { return try gpu.takeTimings() }
    return []
  }
}
