import CArithmetic
package import CUDA
import JSON
package import OpenCL

/// A compute device: a GPU through CUDA or OpenCL (or another device of OpenCL), or the CPU path
/// with vectorised C. The set is closed, so one file contains an operation's contract, launch and
/// CPU arithmetic.
///
/// Not Sendable: one thread uses a device, and commands run in call order.
package final class Device {
  enum Engine {
    case cpu(CPUEngine)
    case gpu(GPUEngine)
  }

  let engine: Engine
  let pool: MemoryPool
  /// The name on the command line: `cpu`, `cuda:0` or `opencl:0.0`.
  package let name: String
  /// The name reported by the device.
  package let title: String
  /// The tuning of the kernels; none on the CPU path.
  package let tuning: DeviceTuning
  /// The processes of one job that share this device's memory, this one among them.
  package var processesOnMemory = 1

  /// The CPU path with `threads` threads; nil for one per core. `variant` is nil for the one that
  /// the environment names, else the fastest.
  ///
  /// - Throws: `.threads` if there cannot be so many; `.cpuVariant` if the environment names a
  ///   variant that this processor does not support.
  package init(
    cpuThreads threads: Int? = nil, variant: CPUVariant? = nil, memoryLimit: Int? = nil
  ) throws(ComputeError) {
    let cpu = try CPUEngine(threads: threads, variant: variant)
    engine = .cpu(cpu)
    name = "cpu"
    title = "CPU, \(Counted(cpu.threads, "thread")), \(cpu.variant.title)"
    tuning = DeviceTuning()
    pool = MemoryPool { byteCount, heldBytes throws(ComputeError) in
      try CPUEngine.allocate(byteCount: byteCount, heldBytes: heldBytes, limit: memoryLimit)
    }
  }

  private init(
    _ gpu: GPUEngine, name: String, title: String, tunings: TuningStore, memoryLimit: Int?
  ) {
    engine = .gpu(gpu)
    tuning = tunings.apply(to: gpu)
    self.name = name
    self.title = title
    pool = MemoryPool(
      allocate: { byteCount, heldBytes throws(ComputeError) in
        try gpu.allocate(byteCount: byteCount, heldBytes: heldBytes, limit: memoryLimit)
      },
      finish: { () throws(ComputeError) in try gpu.runtime.finish() })
  }

  /// An OpenCL device. `isProfiling` records a time for every launch (see `takeTimings`); `tunings`
  /// is the store of tuned configurations; `programs` keeps its compiled kernels. Devices that are
  /// opened in one `context` build each program once between them; without one it has a context of
  /// its own.
  ///
  /// - Throws: driver errors.
  package convenience init(
    opencl description: OpenCL.DeviceDescription, isProfiling: Bool = false,
    variant: KernelVariant = .automatic, tunings: TuningStore = .user,
    programs: ProgramFolder = .user, memoryLimit: Int? = nil,
    in context: OpenCL.DriverContext? = nil
  ) throws(ComputeError) {
    let own: OpenCL.DriverContext
    if let context {
      own = context
    } else {
      own = try driver { () throws(OpenCLError) in try OpenCL.DriverContext(description) }
    }
    self.init(
      try GPUEngine(
        opencl: own, isProfiling: isProfiling, variant: variant, programs: programs),
      name: "opencl:\(description.platformIndex).\(description.deviceIndex)",
      title: "\(description.name) (\(description.platform))", tunings: tunings,
      memoryLimit: memoryLimit)
  }

  /// The CUDA device with this index, as above; `programs` keeps its compiled kernels.
  ///
  /// - Throws: `.cuda` if NVRTC is missing; driver errors.
  package convenience init(
    cuda libraries: Libraries, index: Int = 0, isProfiling: Bool = false,
    tunings: TuningStore = .user, programs: ProgramFolder = .user, memoryLimit: Int? = nil
  ) throws(ComputeError) {
    let gpu = try GPUEngine(
      cuda: libraries, index: index, isProfiling: isProfiling, programs: programs)
    self.init(
      gpu, name: "cuda:\(index)", title: "\(gpu.properties.name) (CUDA)", tunings: tunings,
      memoryLimit: memoryLimit)
  }

  /// What identifies a GPU in every process, whatever name it has there; nil on the CPU path, and
  /// where the driver does not say.
  package var uuid: UInt128? {
    if case .gpu(let gpu) = engine { return gpu.properties.uuid }
    return nil
  }

  /// The variant of the CPU path; nil on other devices.
  package var cpuVariant: CPUVariant? {
    if case .cpu(let cpu) = engine { return cpu.variant }
    return nil
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

  /// Runs `body` with another number of threads of the CPU path; other devices have none.
  package func withThreads<Value, Failure: Error>(
    _ count: Int, _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    guard case .cpu(let cpu) = engine else { return try body() }
    return try cpu.withThreads(count, body)
  }

  /// True for a device that multiplies bf16 by bf16 faster: the CPU path on a processor with dot
  /// products of bf16 pairs (AVX512-BF16), and CUDA with cuBLASLt.
  package var canRoundActivations: Bool {
    switch engine {
    case .cpu(let cpu): return cpu.variant == .avx512 && processor_has_bfloat16_dots()
    case .gpu(let gpu):
      if case .cuda(_, .some) = gpu.runtime { return true }
      return false
    }
  }

  /// True for a GPU through CUDA.
  package var isCUDA: Bool {
    if case .gpu(let gpu) = engine, case .cuda = gpu.runtime { return true }
    return false
  }

  /// Whether attention that is not tuned runs on tensor cores; false, as at the start, leaves it to
  /// the f32 kernels. Setting it has no effect where the device has none.
  package var prefersTensorCores: Bool {
    get {
      guard case .gpu(let gpu) = engine else { return false }
      return gpu.properties.hasTensorCores && gpu.prefersTensorCores
    }
    set {
      if case .gpu(let gpu) = engine { gpu.prefersTensorCores = newValue }
      pool.invalidateCaptures()
    }
  }

  /// Whether row kernels load 16 bytes a work-item and reduce by shuffles (of a warp by CUDA, of a
  /// sub-group by OpenCL where the device has them), as at the start. Without, the sums of rows
  /// have other last digits.
  package var usesVectorRows: Bool {
    get {
      guard case .gpu(let gpu) = engine else { return false }
      return gpu.usesVectorLoads && gpu.usesShuffles
    }
    set {
      if case .gpu(let gpu) = engine {
        gpu.usesVectorLoads = newValue
        gpu.usesShuffles = newValue
      }
      pool.invalidateCaptures()
    }
  }

  /// Waits until all enqueued commands have run.
  ///
  /// - Throws: driver errors.
  package func synchronize() throws(ComputeError) {
    if case .gpu(let gpu) = engine { try gpu.runtime.finish() }
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
    guard case .gpu(let gpu) = engine else { return DeviceCounts() }
    var counts = gpu.runtime.traffic
    counts.launches = gpu.launches
    counts.graphLaunches = gpu.graphLaunches
    return counts
  }

  /// Submits all enqueued commands to the device, without waiting.
  ///
  /// - Throws: driver errors.
  package func flush() throws(ComputeError) {
    if case .gpu(let gpu) = engine { try gpu.runtime.flush() }
  }

  /// Device seconds of every launch since the last call, in order, with the kernel entry; empty
  /// unless profiling.
  ///
  /// - Throws: driver errors.
  package func takeTimings() throws(ComputeError) -> [(entry: String, seconds: Double)] {
    if case .gpu(let gpu) = engine { return try gpu.takeTimings() }
    return []
  }
}
