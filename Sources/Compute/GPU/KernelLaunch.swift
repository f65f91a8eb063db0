internal import OpenCL

/// A kernel launch: bind arguments in the order of the kernel's parameters, then call `run`.
///
/// Every launch binds all arguments, and their count is checked: otherwise the driver would
/// silently reuse values of an earlier launch.
struct KernelLaunch: ~Copyable {
  private let kernel: Kernel
  private let engine: OpenCLEngine
  private var bound = 0

  init(_ kernel: Kernel, on engine: OpenCLEngine) {
    self.kernel = kernel
    self.engine = engine
  }

  /// A buffer that the kernel reads.
  mutating func read<Element>(
    _ buffer: borrowing DeviceBuffer<Element>
  ) throws(ComputeError) {
    try bind(buffer.block.device)
  }

  /// A buffer that the kernel writes or updates.
  mutating func write<Element>(
    _ buffer: inout DeviceBuffer<Element>
  ) throws(ComputeError) {
    try bind(buffer.block.device)
  }

  /// A null pointer, for a buffer that this launch does not access.
  mutating func none() throws(ComputeError) {
    let (kernel, index) = (kernel, bound)
    try driver { () throws(OpenCLError) in try kernel.bindNothing(at: index) }
    bound += 1
  }

  /// An `int` of the kernel. Throws `.unsupported` for a number that does not fit: a truncated
  /// count would be wrong.
  mutating func value(_ value: Int) throws(ComputeError) {
    guard let number = Int32(exactly: value) else {
      throw .unsupported(
        operation: kernel.name,
        reason: "\(value) as argument \(bound), expected at most \(Int32.max): fewer rows at once, "
          + "such as those of a smaller batch, keep it below that")
    }
    try bind(value: number)
  }

  /// An `OFFSET` of the kernel: an element count that may exceed 2^31.
  mutating func offset(_ value: Int) throws(ComputeError) {
    try bind(value: Int64(value))
  }

  /// A `float` of the kernel.
  mutating func value(_ value: Float) throws(ComputeError) {
    try bind(value: value)
  }

  /// A `uint` of the kernel.
  mutating func value(_ value: UInt32) throws(ComputeError) {
    try bind(value: value)
  }

  /// Enqueues the kernel over `groups` work-groups of `items` work-items each, per dimension.
  /// Nothing is enqueued if a dimension has no groups.
  consuming func run(groups: [Int], items: [Int]) throws(ComputeError) {
    precondition(
      bound == kernel.argumentCount,
      "\(kernel.name) takes \(kernel.argumentCount) arguments, \(bound) were bound")
    try engine.run(kernel, groups: groups, items: items)
  }

  /// As `run`, for a one-dimensional grid.
  consuming func run(groups: Int, lanes: Int) throws(ComputeError) {
    try run(groups: [groups], items: [lanes])
  }

  private mutating func bind(_ memory: Memory) throws(ComputeError) {
    let (kernel, index) = (kernel, bound)
    try driver { () throws(OpenCLError) in try kernel.bind(memory, at: index) }
    bound += 1
  }

  private mutating func bind<Value: BitwiseCopyable>(value: Value) throws(ComputeError) {
    let (kernel, index) = (kernel, bound)
    try driver { () throws(OpenCLError) in try kernel.bind(value, at: index) }
    bound += 1
  }
}
