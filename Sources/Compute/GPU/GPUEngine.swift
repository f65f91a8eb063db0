internal import CUDA
internal import OpenCL

/// A GPU, or another device of OpenCL: compiled kernels by entry and options, launches, timings.
final class GPUEngine {
  let runtime: Runtime
  let properties: DeviceProperties
  /// True if the CPU variant of kernels is built.
  let isCPUType: Bool
  /// The tuned configurations of this device, by the tunable's name; others use their defaults.
  var configurations: [String: TuningCandidate] = [:]
  /// The compute units that work is divided for; tests set it to simulate a larger device.
  var computeUnits: Int
  /// Whether kernels that are not tuned run on tensor cores where the device has them and the
  /// kernel a candidate for them: for comparisons. Else only a tuning selects such a candidate,
  /// which the device has then proven.
  var prefersTensorCores = false
  /// Whether commands are captured and replayed as graphs, as a tuning says that has proven it.
  var usesGraphs = false
  /// Whether row kernels load 16 bytes a work-item. The sums of rows have other last digits
  /// without.
  var usesVectorLoads = true { didSet { kernels.removeAll() } }
  /// Whether row kernels reduce by shuffles, of a warp by CUDA and of a sub-group by OpenCL where
  /// the device has them. The bits are the same without.
  var usesShuffles = true { didSet { kernels.removeAll() } }
  /// Whether cuBLASLt multiplies where it is installed and supports the weights.
  var usesMatmulLibrary = true
  /// Elements of weights that are dequantised at once: 32 MiB, which larger GPUs keep in L2.
  var dequantisedElements = 8 << 20
  let isProfiling: Bool
  private let compiler: ProgramCompiler
  private var kernels: [KernelKey: GPUKernel] = [:]
  private var programs: [String: GPUProgram] = [:]
  private(set) var launches = 0
  private(set) var graphLaunches = 0
  private var events: [(entry: String, event: TimedEvent)] = []

  private struct KernelKey: Hashable {
    let entry: String
    /// The argument types.
    let type: ObjectIdentifier
    let options: [KernelOption]
  }

  /// A class around the event, since arrays cannot hold noncopyable values.
  private final class TimedEvent {
    let event: GPUEvent
    init(_ event: consuming GPUEvent) { self.event = event }
  }

  /// How programs are made and kept.
  private enum ProgramCompiler {
    case opencl(ProgramCache)
    case cuda(ProgramStore)
  }

  /// An OpenCL device.
  init(
    opencl context: OpenCL.DriverContext, isProfiling: Bool, variant: KernelVariant,
    programs: ProgramFolder
  ) throws(ComputeError) {
    runtime = .opencl(
      try driver { () throws(OpenCLError) in
        try OpenCL.Context(context, isProfiling: isProfiling)
      })
    properties = DeviceProperties(context.description)
    self.isProfiling = isProfiling
    isCPUType = properties.isCPUType && variant == .automatic
    computeUnits = properties.computeUnits
    compiler = .opencl(ProgramCache(device: context.description, folder: programs))
  }

  /// A CUDA device. Throws if NVRTC is not installed: nothing could run.
  init(
    cuda libraries: Libraries, index: Int, isProfiling: Bool, programs: ProgramFolder
  ) throws(ComputeError) {
    let (context, matmul) = try driver { () throws(CUDAError) in
      let context = try CUDA.Context(libraries, device: index)
      _ = try context.description.compiler.get()
      let hasMatmul = (try? context.description.matmul.get()) != nil
      return (context, hasMatmul ? try CUDA.Matmul(context) : nil)
    }
    runtime = .cuda(context, matmul: matmul)
    properties = DeviceProperties(context.description)
    self.isProfiling = isProfiling
    isCPUType = false
    computeUnits = properties.computeUnits
    let name = Array(properties.name.utf8)
    compiler = .cuda(
      ProgramStore(
        load: { programs.load([name] + $0) }, save: { programs.save([name] + $0, $1) }))
  }

  /// The kernel of an entry, built with these `-D` options. It is compiled and its argument types
  /// are checked on the first request.
  func kernel<each Argument: KernelArgument>(
    _ entry: KernelEntry<repeat each Argument>, _ options: [KernelOption] = []
  ) throws(ComputeError) -> TypedKernel<repeat each Argument> {
    let key = KernelKey(
      entry: entry.name, type: ObjectIdentifier(TypedKernel<repeat each Argument>.self),
      options: options)
    if let kernel = kernels[key] { return TypedKernel(kernel, on: self) }
    let kernel = try program(entry.file, options).kernel(
      entry.name, arguments: entry.arguments)
    kernels[key] = kernel
    return TypedKernel(kernel, on: self)
  }

  private func program(
    _ file: KernelFile, _ options: [KernelOption]
  ) throws(ComputeError) -> GPUProgram {
    let flags = (options + variant(of: file)).map(\.flag)
    let text = flags.joined(separator: " ")
    let name = "\(file.name) \(text)"
    if let program = programs[name] { return program }
    let program = try compile(file, flags)
    programs[name] = program
    return program
  }

  /// The options that follow from the device and from how it is used.
  private func variant(of file: KernelFile) -> [KernelOption] {
    if isCPUType { return [KernelOption("CPU_DEVICE", 1)] }
    if !usesShuffles { return [KernelOption("LOCAL_TREE", 1)] }
    guard file.reducesRows, let size = properties.subGroup else { return [] }
    return [KernelOption("SUB_GROUP", size)]
  }

  private func compile(
    _ file: KernelFile, _ flags: [String]
  ) throws(ComputeError) -> GPUProgram {
    switch (runtime, compiler) {
    case (.opencl(let context), .opencl(let cache)):
      return .opencl(
        try driver { () throws(OpenCLError) in
          try cache.program(
            context, source: file.source, name: file.name, options: flags.joined(separator: " "))
        })
    case (.cuda(let context, _), .cuda(let store)):
      return .cuda(
        try driver { () throws(CUDAError) in
          try CUDA.Program(
            context, source: file.source, name: file.name, options: flags, store: store)
        })
    case (.opencl, .cuda), (.cuda, .opencl):
      preconditionFailure("a compiler of another runtime")
    }
  }

  /// Enqueues a kernel whose arguments are bound. Nothing is enqueued if a dimension has no groups.
  func run(_ kernel: GPUKernel, groups: [Int], items: [Int]) throws(ComputeError) {
    if groups.contains(0) { return }
    countLaunch()
    if isProfiling {
      let event = try kernel.timedRun(groups: groups, items: items)
      events.append((kernel.name, TimedEvent(event)))
    } else {
      try kernel.run(groups: groups, items: items)
    }
  }

  /// Enqueues a command of cuBLASLt, which counts as a launch, under the name of a kernel entry.
  func enqueue(
    _ entry: String, on context: CUDA.Context, _ command: () throws(CUDAError) -> Void
  ) throws(ComputeError) {
    countLaunch()
    if isProfiling {
      let event = try driver { () throws(CUDAError) in try context.timed(command) }
      events.append((entry, TimedEvent(.cuda(event))))
    } else {
      try driver(command)
    }
  }

  /// A launch that is captured is none yet.
  private func countLaunch() {
    if case .cuda(let context, _) = runtime, context.isCapturing { return }
    launches += 1
  }

  /// Enqueues the commands of a graph.
  func launch(_ graph: CUDA.Graph) throws(ComputeError) {
    graphLaunches += 1
    try driver { () throws(CUDAError) in try graph.launch() }
  }

  /// Seconds of every launch since the last call, in order; empty unless profiling.
  func takeTimings() throws(ComputeError) -> [(entry: String, seconds: Double)] {
    defer { events.removeAll() }
    var timings: [(entry: String, seconds: Double)] = []
    for (entry, timed) in events { timings.append((entry, try timed.event.seconds())) }
    return timings
  }

  /// Device memory, checked against the device's memory and largest buffer: drivers overcommit and
  /// fail at the first use.
  func allocate(
    byteCount: Int, heldBytes: Int, limit: Int?
  ) throws(ComputeError) -> MemoryBlock {
    let available = max(0, (limit ?? properties.memory) - heldBytes)
    let full = ComputeError.outOfMemory(
      device: properties.name, needed: byteCount, available: available)
    guard byteCount <= available else { throw full }
    if properties.sharesHostMemory && limit == nil {
      try HostMemory.check(
        byteCount: byteCount, heldBytes: heldBytes, device: properties.name)
    }
    guard byteCount <= properties.largestBuffer else {
      throw .bufferTooLarge(
        device: properties.name, needed: byteCount, limit: properties.largestBuffer)
    }
    guard let memory = try runtime.allocate(byteCount: byteCount) else { throw full }
    return unsafe MemoryBlock(.device(memory), byteCount: byteCount)
  }
}
