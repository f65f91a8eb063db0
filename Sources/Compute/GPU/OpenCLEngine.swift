internal import OpenCL

/// An OpenCL device: compiled kernels by entry and options, launches, timings.
final class OpenCLEngine {
  let context: Context
  /// True if the CPU variant of kernels is built.
  let isCPUType: Bool
  /// The tuned configurations of this device, by the tunable's name; others use their defaults.
  var configurations: [String: TuningCandidate] = [:]
  /// The compute units that work is divided for; tests set it to simulate a larger device.
  var computeUnits: Int
  private let cache: ProgramCache
  private var kernels: [KernelKey: Kernel] = [:]
  private var programs: [String: Program] = [:]
  private(set) var launches = 0
  private var events: [(entry: String, event: TimedEvent)] = []

  private struct KernelKey: Hashable {
    let entry: String
    /// The argument types.
    let type: ObjectIdentifier
    let options: [KernelOption]
  }

  /// A class around the event, since arrays cannot hold noncopyable values.
  private final class TimedEvent {
    let event: Event
    init(_ event: consuming Event) { self.event = event }
  }

  init(
    _ description: DeviceDescription, isProfiling: Bool, variant: KernelVariant
  ) throws(ComputeError) {
    context = try driver { () throws(OpenCLError) in
      try Context(description, isProfiling: isProfiling)
    }
    isCPUType = description.kind == .cpu && variant == .automatic
    computeUnits = description.computeUnits
    cache = ProgramCache(device: description)
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
    let program = try program(entry.file, options)
    let kernel = try driver { () throws(OpenCLError) in
      try Kernel(program, entry: entry.name, arguments: entry.arguments)
    }
    kernels[key] = kernel
    return TypedKernel(kernel, on: self)
  }

  private func program(
    _ file: KernelFile, _ options: [KernelOption]
  ) throws(ComputeError) -> Program {
    let variant = isCPUType ? [KernelOption("CPU_DEVICE", 1)] : []
    let flags = (options + variant).map(\.flag).joined(separator: " ")
    let name = "\(file.name) \(flags)"
    if let program = programs[name] { return program }
    let program = try driver { () throws(OpenCLError) in
      try cache.program(
        context, source: file.source, name: file.name, options: flags)
    }
    programs[name] = program
    return program
  }

  func run(_ kernel: Kernel, groups: [Int], items: [Int]) throws(ComputeError) {
    if groups.contains(0) { return }
    launches += 1
    try driver { () throws(OpenCLError) in
      if context.isProfiling {
        let event = try kernel.timedRun(groups: groups, items: items)
        events.append((kernel.name, TimedEvent(event)))
      } else {
        try kernel.run(groups: groups, items: items)
      }
    }
  }

  func takeTimings() throws(ComputeError) -> [(entry: String, seconds: Double)] {
    defer { events.removeAll() }
    return try driver { () throws(OpenCLError) in
      var timings: [(entry: String, seconds: Double)] = []
      for (entry, timed) in events { timings.append((entry, try timed.event.seconds())) }
      return timings
    }
  }

  /// Device memory, checked against the device's memory and largest buffer: drivers overcommit and
  /// fail at the first use.
  func allocate(
    byteCount: Int, heldBytes: Int, limit: Int?
  ) throws(ComputeError) -> MemoryBlock {
    let device = context.description
    let available = max(0, (limit ?? device.memory) - heldBytes)
    guard byteCount <= available else {
      throw .outOfMemory(device: device.name, needed: byteCount, available: available)
    }
    if device.sharesHostMemory && limit == nil {
      try HostMemory.check(byteCount: byteCount, heldBytes: heldBytes, device: device.name)
    }
    guard byteCount <= device.largestBuffer else {
      throw .bufferTooLarge(
        device: device.name, needed: byteCount, limit: device.largestBuffer)
    }
    do throws(OpenCLError) {
      let memory = try context.allocate(byteCount: byteCount)
      return unsafe MemoryBlock(.opencl(memory), byteCount: byteCount)
    } catch {
      guard error.isOutOfMemory else { throw .driver(error) }
      throw .outOfMemory(device: device.name, needed: byteCount, available: available)
    }
  }
}

/// A `-D` constant of a kernel's build.
struct KernelOption: Hashable, Sendable {
  let name: String
  let value: Int

  init(_ name: String, _ value: Int) {
    self.name = name
    self.value = value
  }

  var flag: String { "-D\(name)=\(value)" }

  /// Work-groups that cover `elements`, if this constant is the number of elements per work-group.
  func groups(for elements: Int) -> Int { (elements + value - 1) / value }
}

/// The work-items per work-group, with their `-D` constant.
struct Lanes {
  let count: Int
  var option: KernelOption { KernelOption("LANES", count) }

  /// Work-groups that cover `elements`, one per lane.
  func groups(for elements: Int) -> Int { option.groups(for: elements) }
}

extension OpenCLEngine {
  /// For rows of vocabulary length: one work-item with wide vectors per row on a device of CPU
  /// type, and on a GPU the largest work-group that every GPU supports.
  var vocabularyLanes: Lanes { Lanes(count: isCPUType ? 1 : 256) }
}
