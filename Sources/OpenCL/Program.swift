import COpenCL

/// Kernels compiled for one device.
@safe package final class Program {
  let handle: cl_program
  let context: Context
  /// The file that was compiled, for messages.
  package let name: String

  /// Compiles source text, or takes the program that a context sharing the driver's has compiled. A
  /// failure carries the compiler's log.
  ///
  /// - Throws: the failed call.
  package init(
    _ context: Context, source: [UInt8], name: String, options: String
  ) throws(OpenCLError) {
    self.context = context
    self.name = name
    // With the types of kernel arguments, which `Kernel` checks.
    unsafe self.handle = try context.driver.program(
      source: source, name: name, options: options + " -cl-kernel-arg-info")
  }

  /// Loads a binary from `binary()` of the same device and driver.
  ///
  /// - Throws: the failed call.
  package init(
    _ context: Context, binary: [UInt8], name: String, options: String
  ) throws(OpenCLError) {
    var status: Int32 = CL_SUCCESS
    var binaryStatus: Int32 = CL_SUCCESS
    var device: cl_device_id? = unsafe context.driver.device.raw
    let created: cl_program? = unsafe binary.withUnsafeBufferPointer { bytes in
      var text = bytes.baseAddress
      var length = bytes.count
      return unsafe clCreateProgramWithBinary(
        context.driver.handle, 1, &device, &length, &text, &binaryStatus, &status)
    }
    try check("clCreateProgramWithBinary", status, name)
    try check("clCreateProgramWithBinary", binaryStatus, name)
    guard let handle = unsafe created else {
      throw OpenCLError(call: "clCreateProgramWithBinary", status: CL_INVALID_BINARY, detail: name)
    }
    self.context = context
    self.name = name
    unsafe self.handle = handle
    try unsafe context.driver.build(handle, name: name, options: options)
  }

  deinit {
    unsafe clReleaseProgram(handle)
  }

  /// The compiled program, for the cache on disk.
  ///
  /// - Throws: the failed call.
  package func binary() throws(OpenCLError) -> [UInt8] {
    var size = 0
    try check(
      "clGetProgramInfo",
      unsafe clGetProgramInfo(
        handle, cl_program_info(CL_PROGRAM_BINARY_SIZES), MemoryLayout<Int>.size, &size, nil), name)
    var bytes = [UInt8](repeating: 0, count: size)
    let status = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
      var pointer = buffer.baseAddress
      return unsafe clGetProgramInfo(
        handle, cl_program_info(CL_PROGRAM_BINARIES),
        MemoryLayout<UnsafeMutablePointer<UInt8>?>.size, &pointer, nil)
    }
    try check("clGetProgramInfo", status, name)
    return bytes
  }
}
