import CArithmetic
import JSON
package import OpenCL

/// A compute device: a GPU (or another device) through OpenCL, or the CPU path with OpenBLAS and
/// vectorised C. The set is closed, so one file contains an operation's contract, launch and CPU
/// arithmetic.
///
/// Not Sendable: one thread uses a device, and commands run in call order.
package final class Device {
  enum Engine {
    case cpu(CPUEngine)
    case opencl(OpenCLEngine)
  }

  let engine: Engine
  let pool: MemoryPool
  /// The name on the command line: `cpu` or `opencl:0.0`.
  package let name: String
  /// The name reported by the device.
  package let title: String
  /// The tuning of the kernels; none on the CPU path.
  package let tuning: DeviceTuning

  /// The CPU path with `threads` threads; nil for one per core.
  ///
  /// - Throws: `.threads` if there cannot be so many.
  package init(
    cpuThreads threads: Int? = nil, variant: CPUVariant = .automatic, memoryLimit: Int? = nil
  ) throws(ComputeError) {
    let cpu = try CPUEngine(threads: threads, variant: variant)
    engine = .cpu(cpu)
    name = "cpu"
    title = "CPU, \(Counted(cpu.threads, "thread")), OpenBLAS"
    tuning = DeviceTuning()
    pool = MemoryPool { byteCount, heldBytes throws(ComputeError) in
      try CPUEngine.allocate(byteCount: byteCount, heldBytes: heldBytes, limit: memoryLimit)
    }
  }

  /// An OpenCL device. `isProfiling` records a time for every launch (see `takeTimings`); `tunings`
  /// is the store of tuned configurations.
  ///
  /// - Throws: driver errors.
  package init(
    opencl description: DeviceDescription, isProfiling: Bool = false,
    variant: KernelVariant = .automatic, tunings: TuningStore = .user, memoryLimit: Int? = nil
  ) throws(ComputeError) {
    let gpu = try OpenCLEngine(description, isProfiling: isProfiling, variant: variant)
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

  /// Threads of the CPU path; nil on other devices. Where OpenBLAS multiplies, their number decides
  /// how matrices are divided, so another number changes the order of sums and the last digits.
  package var threads: Int? {
    if case .cpu(let cpu) = engine { return cpu.threads }
    return nil
  }

  /// True for the CPU path on a processor with dot products of bf16 pairs (AVX512-BF16).
  package var canRoundActivations: Bool {
    if case .cpu(let cpu) = engine { return cpu.usesTiles && matmul_has_bfloat16_dots() }
    return false
  }

  /// Waits until all enqueued commands have run.
  ///
  /// - Throws: driver errors.
  package func synchronize() throws(ComputeError) {
    if case .opencl(let gpu) = engine {
      try driver { () throws(OpenCLError) in try gpu.context.finish() }
    }
  }

  /// Frees the memory kept for reuse, for example between phases with different needs.
  package func releaseKeptMemory() { pool.drain() }

  /// Bytes of device memory held now: in use and kept for reuse.
  package var heldBytes: Int { pool.heldBytes }
  /// The most bytes ever held.
  package var peakBytes: Int { pool.peakBytes }
  /// Number of allocations so far.
  package var allocations: Int { pool.allocations }
  /// Counts of commands and traffic so far; zero on the CPU path.
  package var counts: DeviceCounts {
    guard case .opencl(let gpu) = engine else { return DeviceCounts() }
    return DeviceCounts(launches: gpu.launches, traffic: gpu.context.traffic)
  }

  /// Submits all enqueued commands to the device, without waiting.
  ///
  /// - Throws: driver errors.
  package func flush() throws(ComputeError) {
    if case .opencl(let gpu) = engine {
      try driver { () throws(OpenCLError) in try gpu.context.flush() }
    }
  }

  /// Device seconds of every launch since the last call, in order, with the kernel entry; empty
  /// unless profiling.
  ///
  /// - Throws: driver errors.
  package func takeTimings() throws(ComputeError) -> [(entry: String, seconds: Double)] {
    if case .opencl(let gpu) = engine { return try gpu.takeTimings() }
    return []
  }
}
