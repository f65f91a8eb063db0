import COpenCL

/// An enqueued command.
@safe package struct Event: ~Copyable {
  private let handle: cl_event

  init(_ handle: cl_event) {
    unsafe self.handle = handle
  }

  deinit {
    unsafe clReleaseEvent(handle)
  }

  /// Waits until the command has run.
  ///
  /// - Throws: the failed call.
  package borrowing func wait() throws(OpenCLError) {
    var event: cl_event? = unsafe handle
    try check("clWaitForEvents", unsafe clWaitForEvents(1, &event))
  }

  /// Whether the command has run. Does not wait.
  ///
  /// - Throws: the failed call.
  package borrowing func isDone() throws(OpenCLError) -> Bool {
    var status: cl_int = 0
    try check(
      "clGetEventInfo",
      unsafe clGetEventInfo(
        handle, cl_event_info(CL_EVENT_COMMAND_EXECUTION_STATUS), MemoryLayout<cl_int>.size,
        &status, nil))
    // A negative status means that the command failed; it has ended too.
    return status <= CL_COMPLETE
  }

  /// Seconds from the command's start to its end on the device; the context must be profiling.
  ///
  /// - Throws: the failed call.
  package borrowing func seconds() throws(OpenCLError) -> Double {
    try wait()
    return Double(try time(CL_PROFILING_COMMAND_END) - time(CL_PROFILING_COMMAND_START)) * 1e-9
  }

  private borrowing func time(_ parameter: Int32) throws(OpenCLError) -> cl_ulong {
    var value: cl_ulong = 0
    try check(
      "clGetEventProfilingInfo",
      unsafe clGetEventProfilingInfo(
        handle, cl_profiling_info(parameter), MemoryLayout<cl_ulong>.size, &value, nil))
    return value
  }
}
