import COpenCL
import Synchronization

/// The driver's context of a device, with the programs that were built in it: each source is built
/// once with the same options, whichever thread requests it, and kept as long as the context.
///
/// Contexts that are opened one after the other may share it. A driver that keeps compiled kernels
/// on disk, as PoCL does, still preprocesses the source and its own headers to find them.
@safe package final class DriverContext: Sendable {
  package let description: DeviceDescription
  nonisolated(unsafe) let device: DeviceHandle
  nonisolated(unsafe) let handle: cl_context
  /// The addresses of the driver's programs.
  private let programs = Mutex<[Build: UInt]>([:])

  private struct Build: Hashable {
    let source: [UInt8]
    let options: String
  }

  /// Creates the context of a device.
  ///
  /// - Throws: the failed call.
  package init(_ description: DeviceDescription) throws(OpenCLError) {
    let device = try Handles.device(
      platform: description.platformIndex, device: description.deviceIndex)
    var status: Int32 = CL_SUCCESS
    var id: cl_device_id? = unsafe device.raw
    let handle = unsafe clCreateContext(nil, 1, &id, nil, nil, &status)
    try check("clCreateContext", status, description.name)
    guard let handle = unsafe handle else {
      throw OpenCLError(call: "clCreateContext", status: CL_INVALID_CONTEXT)
    }
    self.description = description
    unsafe self.device = device
    unsafe self.handle = handle
  }

  deinit {
    programs.withLock { programs in
      for address in programs.values { unsafe clReleaseProgram(OpaquePointer(bitPattern: address)) }
    }
    unsafe clReleaseContext(handle)
  }

  /// The program of a source, which the caller releases. A failure carries the compiler's log.
  ///
  /// - Throws: the failed call.
  func program(
    source: [UInt8], name: String, options: String
  ) throws(OpenCLError) -> cl_program {
    let build = Build(source: source, options: options)
    let built: UInt
    if let known = programs.withLock({ $0[build] }) {
      built = known
    } else {
      let created = try unsafe compile(source: source, name: name, options: options)
      let address = UInt(bitPattern: created)
      // Another thread may have built it meanwhile.
      built = programs.withLock { programs in
        if let first = programs[build] { return first }
        programs[build] = address
        return address
      }
      if built != address { unsafe clReleaseProgram(created) }
    }
    guard let program = unsafe OpaquePointer(bitPattern: built) else {
      throw OpenCLError(call: "clCreateProgramWithSource", status: CL_INVALID_PROGRAM, detail: name)
    }
    try check("clRetainProgram", unsafe clRetainProgram(program), name)
    return unsafe program
  }

  private func compile(
    source: [UInt8], name: String, options: String
  ) throws(OpenCLError) -> cl_program {
    var status: Int32 = CL_SUCCESS
    let created: cl_program? = unsafe source.withUnsafeBytes { bytes in
      var text: UnsafePointer<CChar>? = unsafe bytes.baseAddress?.assumingMemoryBound(
        to: CChar.self)
      var length = bytes.count
      return unsafe clCreateProgramWithSource(handle, 1, &text, &length, &status)
    }
    try check("clCreateProgramWithSource", status, name)
    guard let program = unsafe created else {
      throw OpenCLError(call: "clCreateProgramWithSource", status: CL_INVALID_PROGRAM, detail: name)
    }
    do throws(OpenCLError) {
      try unsafe build(program, name: name, options: options)
    } catch {
      unsafe clReleaseProgram(program)
      throw error
    }
    return unsafe program
  }

  /// Builds a created program for the device.
  ///
  /// - Throws: the failed call, with the compiler's log.
  func build(_ program: cl_program, name: String, options: String) throws(OpenCLError) {
    var id: cl_device_id? = unsafe device.raw
    let status = unsafe clBuildProgram(program, 1, &id, options, nil, nil)
    guard status != CL_SUCCESS else { return }
    let log =
      unsafe (try? readText("clGetProgramBuildInfo") { size, value, used in
        unsafe clGetProgramBuildInfo(
          program, device.raw, cl_program_build_info(CL_PROGRAM_BUILD_LOG), size, value, used)
      }) ?? "no build log"
    throw OpenCLError(call: "clBuildProgram", status: status, detail: "\(name) \(options)\n\(log)")
  }
}
