internal import OpenCL

/// A GPU (or another device) through OpenCL: kernels by entry and options, launches, times.
final class OpenCLEngine {
  let context: Context
  /// True where the bodies for devices of CPU type are built.
  let isCPUType: Bool
  /// The constants that this device's tuning found, by the tunable's name; those that are missing run their defaults.
  var choices: [String: TuningCandidate] = [:]
  /// What work is shared out for; tests set it, to see what a larger device would do.
  var computeUnits: Int
  private let cache: ProgramCache
  private var kernels: [KernelKey: Kernel] = [:]
  private var programs: [String: Program] = [:]
  private(set) var launches = 0
  private var events: [(entry: String, event: TimedEvent)] = []

  private struct KernelKey: Hashable {
    let entry: String
    let options: [KernelOption]
  }

  /// A class around the event, since arrays refuse noncopyable values.
  private final class TimedEvent {
    let event: Event
    init(_ event: consuming Event) { self.event = event }
  }

  init(
    _ description: DeviceDescription, isProfiling: Bool, bodies: KernelBodies
  ) throws(ComputeError) {
    context = try driver { () throws(OpenCLError) in
      try Context(description, isProfiling: isProfiling)
    }
    isCPUType = description.kind == .cpu && bodies == .automatic
    computeUnits = description.computeUnits
    cache = ProgramCache(device: description)
  }

  /// Begins a launch of an entry of a kernel file, built with these `-D` options.
  func launch(
    _ file: @autoclosure () -> KernelFile, _ entry: String, _ options: [KernelOption] = []
  ) throws(ComputeError) -> KernelLaunch {
    let key = KernelKey(entry: entry, options: options)
    if let kernel = kernels[key] { return KernelLaunch(kernel, on: self) }
    let program = try program(file(), options)
    let kernel = try driver { () throws(OpenCLError) in try Kernel(program, entry: entry) }
    kernels[key] = kernel
    return KernelLaunch(kernel, on: self)
  }

  private func program(
    _ file: KernelFile, _ options: [KernelOption]
  ) throws(ComputeError) -> Program {
    let bodies = isCPUType ? [KernelOption("CPU_DEVICE", 1)] : []
    let flags = (options + bodies).map(\.flag).joined(separator: " ")
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

  /// Device memory, checked against what the device has and takes in one buffer: drivers promise more and fail at the first
  /// use.
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

  /// Work-groups that cover `elements`, where this constant is how many each takes.
  func groups(for elements: Int) -> Int { (elements + value - 1) / value }
}

/// How many work-items a work-group has, with the `-D` constant that tells the kernel.
struct Lanes {
  let count: Int
  var option: KernelOption { KernelOption("LANES", count) }

  /// Work-groups that cover `elements`, one a lane.
  func groups(for elements: Int) -> Int { option.groups(for: elements) }
}

extension OpenCLEngine {
  /// For rows as long as a vocabulary: one work-item a row on a device of CPU type, where each runs wide vectors, and on a GPU a
  /// work-group as large as every GPU takes.
  var vocabularyLanes: Lanes { Lanes(count: isCPUType ? 1 : 256) }
}
