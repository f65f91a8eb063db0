import COpenCL

/// Kernels compiled for one device.
@safe package final class Program {
  let handle: cl_program
  let context: Context
  /// The file that was compiled, for messages.
  package let name: String

  /// Compiles source text. A failure carries the compiler's log.
  ///
  /// - Throws: the failed call.
  package init(
    _ context: Context, source: [UInt8], name: String, options: String
  ) throws(OpenCLError) {
    var status: Int32 = CL_SUCCESS
    let created: cl_program? = unsafe source.withUnsafeBytes { bytes in
      var text: UnsafePointer<CChar>? = unsafe bytes.baseAddress?.assumingMemoryBound(
        to: CChar.self)
      var length = bytes.count
      return unsafe clCreateProgramWithSource(context.context, 1, &text, &length, &status)
    }
    try check("clCreateProgramWithSource", status, name)
    guard let handle = unsafe created else {
      throw OpenCLError(call: "clCreateProgramWithSource", status: CL_INVALID_PROGRAM, detail: name)
    }
    self.context = context
    self.name = name
    unsafe self.handle = handle
    // With the types of kernel arguments, which `Kernel` checks.
    try build(options + " -cl-kernel-arg-info")
  }

  /// Loads a binary from `binary()` of the same device and driver.
  ///
  /// - Throws: the failed call.
  package init(
    _ context: Context, binary: [UInt8], name: String, options: String
  ) throws(OpenCLError) {
    var status: Int32 = CL_SUCCESS
    var binaryStatus: Int32 = CL_SUCCESS
    var device: cl_device_id? = unsafe context.device.raw
    let created: cl_program? = unsafe binary.withUnsafeBufferPointer { bytes in
      var text = bytes.baseAddress
      var length = bytes.count
      return unsafe clCreateProgramWithBinary(
        context.context, 1, &device, &length, &text, &binaryStatus, &status)
    }
    try check("clCreateProgramWithBinary", status, name)
    try check("clCreateProgramWithBinary", binaryStatus, name)
    guard let handle = unsafe created else {
      throw OpenCLError(call: "clCreateProgramWithBinary", status: CL_INVALID_BINARY, detail: name)
    }
    self.context = context
    self.name = name
    unsafe self.handle = handle
    try build(options)
  }

  deinit {
    unsafe clReleaseProgram(handle)
  }

  private func build(_ options: String) throws(OpenCLError) {
    var device: cl_device_id? = unsafe context.device.raw
    let status = unsafe clBuildProgram(handle, 1, &device, options, nil, nil)
    if status != CL_SUCCESS {
      let log =
        unsafe (try? readText("clGetProgramBuildInfo") { size, value, used in
          unsafe clGetProgramBuildInfo(
            handle, context.device.raw, cl_program_build_info(CL_PROGRAM_BUILD_LOG), size, value,
            used)
        }) ?? "no build log"
      throw OpenCLError(
        call: "clBuildProgram", status: status, detail: "\(name) \(options)\n\(log)")
    }
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
