internal import CUDA
internal import OpenCL

/// A compiled kernel file with one set of options.
enum GPUProgram {
  case opencl(OpenCL.Program)
  case cuda(CUDA.Program)

  /// An entry of the program, whose parameters are checked against the types of the arguments: by
  /// OpenCL with their names, by CUDA their number and sizes.
  func kernel(
    _ entry: String, arguments: [KernelArgumentType]
  ) throws(ComputeError) -> GPUKernel {
    switch self {
    case .opencl(let program):
      return .opencl(
        try driver { () throws(OpenCLError) in
          try OpenCL.Kernel(program, entry: entry, arguments: arguments)
        })
    case .cuda(let program):
      return .cuda(
        try driver { () throws(CUDAError) in
          try CUDA.Kernel(program, entry: entry, argumentSizes: arguments.map(\.byteCount))
        })
    }
  }
}

/// A kernel of either runtime.
enum GPUKernel {
  case opencl(OpenCL.Kernel)
  case cuda(CUDA.Kernel)

  /// The entry's name.
  var name: String {
    switch self {
    case .opencl(let kernel): kernel.name
    case .cuda(let kernel): kernel.name
    }
  }

  /// Binds a buffer to the argument at `index`.
  func bind(_ memory: DeviceMemory, at index: Int) throws(ComputeError) {
    switch (self, memory) {
    case (.opencl(let kernel), .opencl(let memory)):
      try driver { () throws(OpenCLError) in try kernel.bind(memory, at: index) }
    case (.cuda(let kernel), .cuda(let memory)):
      try driver { () throws(CUDAError) in try kernel.bind(memory, at: index) }
    case (.opencl, .cuda), (.cuda, .opencl):
      preconditionFailure("a buffer of one device bound to a kernel of another")
    }
  }

  /// Binds a null pointer to the argument at `index`.
  func bindNothing(at index: Int) throws(ComputeError) {
    switch self {
    case .opencl(let kernel):
      try driver { () throws(OpenCLError) in try kernel.bindNothing(at: index) }
    case .cuda(let kernel):
      try driver { () throws(CUDAError) in try kernel.bindNothing(at: index) }
    }
  }

  /// Binds a number to the argument at `index`.
  func bind<Value: BitwiseCopyable>(_ value: Value, at index: Int) throws(ComputeError) {
    switch self {
    case .opencl(let kernel):
      try driver { () throws(OpenCLError) in try kernel.bind(value, at: index) }
    case .cuda(let kernel):
      try driver { () throws(CUDAError) in try kernel.bind(value, at: index) }
    }
  }

  /// Enqueues one run. All arguments must be bound before each run.
  func run(groups: [Int], items: [Int]) throws(ComputeError) {
    switch self {
    case .opencl(let kernel):
      try driver { () throws(OpenCLError) in try kernel.run(groups: groups, items: items) }
    case .cuda(let kernel):
      try driver { () throws(CUDAError) in try kernel.run(groups: groups, items: items) }
    }
  }

  /// As `run`, with the times of this run.
  func timedRun(groups: [Int], items: [Int]) throws(ComputeError) -> GPUEvent {
    switch self {
    case .opencl(let kernel):
      return .opencl(
        try driver { () throws(OpenCLError) in
          try kernel.timedRun(groups: groups, items: items)
        })
    case .cuda(let kernel):
      return .cuda(
        try driver { () throws(CUDAError) in try kernel.timedRun(groups: groups, items: items) })
    }
  }
}

/// The times of an enqueued command.
enum GPUEvent: ~Copyable {
  case opencl(OpenCL.Event)
  case cuda(CUDA.TimedRun)

  /// Waits, and returns the seconds from the command's start to its end on the device.
  borrowing func seconds() throws(ComputeError) -> Double {
    switch self {
    case .opencl(let event):
      do throws(OpenCLError) { return try event.seconds() } catch { throw .driver(error) }
    case .cuda(let run):
      do throws(CUDAError) { return try run.seconds() } catch { throw .cuda(error) }
    }
  }
}
