import COpenCL

/// One entry of a program, whose arguments have the expected types.
@safe package final class Kernel {
  package let name: String
  private let handle: cl_kernel
  private let program: Program

  /// Creates the kernel and checks its parameters.
  ///
  /// - Parameters:
  ///   - program: the program of the kernel.
  ///   - entry: the name of the kernel.
  ///   - arguments: the types of the arguments of every launch, in order.
  /// - Throws: `CL_INVALID_KERNEL_ARGS`, with both types, if a parameter of the kernel has another
  ///   type or there are more or fewer; else the failed call.
  package init(
    _ program: Program, entry: String, arguments: [KernelArgumentType]
  ) throws(OpenCLError) {
    var status: Int32 = CL_SUCCESS
    let created = unsafe clCreateKernel(program.handle, entry, &status)
    try check("clCreateKernel", status, "\(entry) in \(program.name)")
    guard let handle = unsafe created else {
      throw OpenCLError(call: "clCreateKernel", status: CL_INVALID_KERNEL, detail: entry)
    }
    self.name = entry
    self.program = program
    unsafe self.handle = handle
    let parameters = unsafe KernelParameters(handle)
    if let mismatch = try unsafe parameters.mismatch(with: arguments) {
      throw OpenCLError(
        call: "clGetKernelArgInfo", status: CL_INVALID_KERNEL_ARGS,
        detail: "\(entry) in \(program.name): \(mismatch)")
    }
  }

  deinit {
    unsafe clReleaseKernel(handle)
  }

  /// Binds a buffer to the argument at `index`.
  ///
  /// - Throws: the failed call.
  package func bind(_ memory: Memory, at index: Int) throws(OpenCLError) {
    var raw: cl_mem? = unsafe memory.handle
    try check(
      "clSetKernelArg",
      unsafe clSetKernelArg(handle, cl_uint(index), MemoryLayout<cl_mem?>.size, &raw),
      "argument \(index) of \(name)")
  }

  /// Binds a null pointer instead of a buffer to the argument at `index`.
  ///
  /// - Throws: the failed call.
  package func bindNothing(at index: Int) throws(OpenCLError) {
    try check(
      "clSetKernelArg",
      unsafe clSetKernelArg(handle, cl_uint(index), MemoryLayout<cl_mem?>.size, nil),
      "argument \(index) of \(name)")
  }

  /// Binds a number to the argument at `index`; the driver checks its size against the kernel's.
  ///
  /// - Throws: the failed call.
  package func bind<Value: BitwiseCopyable>(_ value: Value, at index: Int) throws(OpenCLError) {
    var value = value
    try check(
      "clSetKernelArg",
      unsafe clSetKernelArg(handle, cl_uint(index), MemoryLayout<Value>.size, &value),
      "argument \(index) of \(name)")
  }

  /// Enqueues one run over `groups` work-groups of `items` work-items each, by dimension.
  ///
  /// The caller must bind all arguments before each run: the driver silently keeps old values.
  ///
  /// - Throws: the failed call.
  package func run(groups: [Int], items: [Int]) throws(OpenCLError) {
    try unsafe enqueue(groups: groups, items: items, event: nil)
  }

  /// As `run`, with the event of this run.
  ///
  /// - Throws: the failed call.
  package func timedRun(groups: [Int], items: [Int]) throws(OpenCLError) -> Event {
    var event: cl_event?
    try unsafe enqueue(groups: groups, items: items, event: &event)
    guard let event = unsafe event else {
      throw OpenCLError(call: "clEnqueueNDRangeKernel", status: CL_INVALID_EVENT, detail: name)
    }
    return unsafe Event(event)
  }

  private func enqueue(
    groups: [Int], items: [Int], event: UnsafeMutablePointer<cl_event?>?
  ) throws(OpenCLError) {
    let total = zip(groups, items).map { $0 * $1 }
    try check(
      "clEnqueueNDRangeKernel",
      unsafe clEnqueueNDRangeKernel(
        program.context.queue, handle, cl_uint(total.count), nil, total, items, 0, nil, event),
      "\(name) with \(groups) work-groups of \(items) work-items")
  }
}
