import CCUDA

/// One entry of a program, with the layout of its arguments: they are bound one by one into one
/// buffer, and a launch copies it.
@safe package final class Kernel {
  package let name: String
  private let function: CUfunction
  private let program: Program
  /// Offset and size of each argument in bytes, as the driver reports them.
  private let layout: [Argument]
  private var arguments: [UInt8]
  /// Which arguments were bound since the last launch.
  private var isBound: [Bool]

  private struct Argument {
    let offset: Int
    let size: Int
  }

  /// The resources that the compiled kernel takes.
  package struct Resources: Sendable, Equatable {
    /// Registers of a work-item.
    package let registers: Int
    /// Bytes of a work-item in device memory: spilled registers and private arrays.
    package let privateBytes: Int
    /// Bytes of shared memory of a work-group.
    package let localBytes: Int
  }

  package var argumentCount: Int { layout.count }
  private var context: Context { program.context }

  /// Finds the entry and checks its parameters.
  ///
  /// - Parameters:
  ///   - program: the compiled program.
  ///   - entry: the name of the kernel there.
  ///   - argumentSizes: bytes of the arguments of every launch, in order; nil if unknown.
  /// - Throws: what differs, if a parameter has another size or there are more or fewer; else the
  ///   failed call.
  package init(
    _ program: Program, entry: String, argumentSizes: [Int]? = nil
  ) throws(CUDAError) {
    let context = program.context
    let driver = context.driver
    var found: CUfunction?
    try context.activate()
    try driver.check(
      "cuModuleGetFunction", unsafe driver.cuModuleGetFunction(&found, program.module, entry),
      "\(entry) in \(program.name)")
    guard let function = unsafe found else { throw .noResult("cuModuleGetFunction") }
    var layout: [Argument] = []
    while true {
      var (offset, size) = (0, 0)
      let status = unsafe driver.cuFuncGetParamInfo(function, layout.count, &offset, &size)
      // The driver has no call for the count: the index past the last is an invalid value.
      if status == CUDA_ERROR_INVALID_VALUE { break }
      try driver.check("cuFuncGetParamInfo", status, "argument \(layout.count) of \(entry)")
      layout.append(Argument(offset: offset, size: size))
    }
    if let expected = argumentSizes, expected != layout.map(\.size) {
      throw .invalid(
        "cuFuncGetParamInfo",
        "\(entry) in \(program.name): parameters of \(layout.map(\.size)) bytes, expected "
          + "\(expected)")
    }
    name = entry
    self.program = program
    self.layout = layout
    arguments = [UInt8](repeating: 0, count: layout.last.map { $0.offset + $0.size } ?? 0)
    isBound = [Bool](repeating: false, count: layout.count)
    unsafe self.function = function
  }

  /// The resources that the compiler gave to the kernel.
  ///
  /// - Throws: the failed call.
  package func resources() throws(CUDAError) -> Resources {
    try context.activate()
    return Resources(
      registers: try attribute(CU_FUNC_ATTRIBUTE_NUM_REGS),
      privateBytes: try attribute(CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES),
      localBytes: try attribute(CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES))
  }

  private func attribute(_ number: CInt) throws(CUDAError) -> Int {
    var value: CInt = 0
    try context.driver.check(
      "cuFuncGetAttribute", unsafe context.driver.cuFuncGetAttribute(&value, number, function), name
    )
    return Int(value)
  }

  /// Binds a buffer to the argument at `index`.
  ///
  /// - Throws: as the binding of a number.
  package func bind(_ memory: Memory, at index: Int) throws(CUDAError) {
    try bind(memory.address, at: index)
  }

  /// Binds a part of a buffer to the argument at `index`.
  ///
  /// - Throws: as the binding of a number.
  package func bind(_ slice: MemorySlice, at index: Int) throws(CUDAError) {
    try bind(slice.address, at: index)
  }

  /// Binds a null pointer instead of a buffer to the argument at `index`.
  ///
  /// - Throws: as the binding of a number.
  package func bindNothing(at index: Int) throws(CUDAError) {
    try bind(UInt64(0), at: index)
  }

  /// Binds a number to the argument at `index`. Its size must be that of the kernel's argument.
  ///
  /// - Throws: where the kernel has no such argument, or one of another size.
  package func bind<Value: BitwiseCopyable>(_ value: Value, at index: Int) throws(CUDAError) {
    guard layout.indices.contains(index) else {
      throw .invalid(
        "cuLaunchKernel", "argument \(index) of \(name), which takes \(layout.count) arguments")
    }
    let argument = layout[index]
    guard argument.size == MemoryLayout<Value>.size else {
      throw .invalid(
        "cuLaunchKernel",
        "argument \(index) of \(name) is \(MemoryLayout<Value>.size) bytes of \(Value.self), "
          + "expected \(argument.size) bytes")
    }
    unsafe arguments.withUnsafeMutableBytes {
      unsafe $0.storeBytes(of: value, toByteOffset: argument.offset, as: Value.self)
    }
    isBound[index] = true
  }

  /// Enqueues one run over `groups` work-groups of `items` work-items each, by dimension.
  ///
  /// All arguments must be bound before each run: what an earlier run was given is not used again.
  ///
  /// - Throws: where an argument is not bound or a count is too large; the failed call.
  package func run(groups: [Int], items: [Int]) throws(CUDAError) {
    if let index = isBound.firstIndex(of: false) {
      throw .invalid(
        "cuLaunchKernel", "argument \(index) of the \(layout.count) of \(name) is not bound")
    }
    try check(groups: groups, items: items)
    for index in isBound.indices { isBound[index] = false }
    try context.activate()
    let status = unsafe arguments.withUnsafeBytes { bytes in
      unsafe cuda_launch(
        context.driver.cuLaunchKernel, function, Self.extent(groups), Self.extent(items),
        context.stream, bytes.baseAddress, bytes.count)
    }
    try context.driver.check(
      "cuLaunchKernel", status,
      "\(name) with \(groups) work-groups of \(items) work-items")
  }

  /// As `run`, between two events.
  ///
  /// - Throws: as `run`.
  package func timedRun(groups: [Int], items: [Int]) throws(CUDAError) -> TimedRun {
    try context.timed { () throws(CUDAError) in try run(groups: groups, items: items) }
  }

  /// The driver's status for a launch that is too large is the same as for any other fault.
  private func check(groups: [Int], items: [Int]) throws(CUDAError) {
    for (dimension, count) in groups.enumerated() {
      let limit = DeviceDescription.largestGrid[dimension]
      guard 1...limit ~= count else {
        throw .invalid(
          "cuLaunchKernel",
          "\(name) with \(count) work-groups in dimension \(dimension), expected 1 to \(limit)")
      }
    }
    let count = items.reduce(1, *)
    let limit = context.description.workGroupSize
    guard 1...limit ~= count else {
      throw .invalid(
        "cuLaunchKernel", "\(name) with \(count) work-items a group, expected 1 to \(limit)")
    }
  }

  private static func extent(_ counts: [Int]) -> CUDAExtent {
    func count(_ dimension: Int) -> UInt32 {
      dimension < counts.count ? UInt32(counts[dimension]) : 1
    }
    return CUDAExtent(x: count(0), y: count(1), z: count(2))
  }
}
