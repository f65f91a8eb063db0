import COpenCL

/// Copies, waits and bytes of a queue since it was created.
package struct QueueTraffic: Sendable, Equatable {
  /// Times that the host waited for the device: for a read, for a large write, or for the queue's
  /// end.
  package var hostWaits = 0
  /// Bytes from the host to the device.
  package var uploadedBytes = 0
  /// Bytes from the device to the host.
  package var downloadedBytes = 0
  /// Copies and fills on the device.
  package var copies = 0
}

/// One device with its context and one in-order command queue: what is enqueued runs in its order,
/// so a buffer may be reused as soon as the last command that reads it has been enqueued.
@safe package final class Context {
  package let description: DeviceDescription
  let device: DeviceHandle
  let context: cl_context
  let queue: cl_command_queue
  /// Whether events record times, at a small cost per launch.
  package let isProfiling: Bool
  /// The traffic of the queue so far.
  package internal(set) var traffic = QueueTraffic()
  let staging = StagingRing()

  /// Opens a device.
  ///
  /// - Parameters:
  ///   - description: the device.
  ///   - isProfiling: whether events record times.
  /// - Throws: the failed call.
  package init(
    _ description: DeviceDescription, isProfiling: Bool = false
  ) throws(OpenCLError) {
    self.description = description
    self.isProfiling = isProfiling
    self.device = try Handles.device(
      platform: description.platformIndex, device: description.deviceIndex)
    var status: Int32 = CL_SUCCESS
    var id: cl_device_id? = unsafe device.raw
    let context = unsafe clCreateContext(nil, 1, &id, nil, nil, &status)
    try check("clCreateContext", status, description.name)
    guard let context = unsafe context else {
      throw OpenCLError(call: "clCreateContext", status: CL_INVALID_CONTEXT)
    }
    let properties =
      isProfiling ? cl_command_queue_properties(CL_QUEUE_PROFILING_ENABLE) : 0
    let queue = unsafe clCreateCommandQueue(context, device.raw, properties, &status)
    guard status == CL_SUCCESS, let queue = unsafe queue else {
      unsafe clReleaseContext(context)
      throw OpenCLError(
        call: "clCreateCommandQueue", status: status, detail: description.name)
    }
    unsafe self.context = context
    unsafe self.queue = queue
  }

  deinit {
    unsafe clFinish(queue)
    unsafe clReleaseCommandQueue(queue)
    unsafe clReleaseContext(context)
  }

  /// Submits all enqueued commands to the device, without waiting.
  ///
  /// - Throws: the failed call.
  package func flush() throws(OpenCLError) {
    try check("clFlush", unsafe clFlush(queue))
  }

  /// Waits until everything enqueued so far has run.
  ///
  /// - Throws: the failed call.
  package func finish() throws(OpenCLError) {
    traffic.hostWaits += 1
    try check("clFinish", unsafe clFinish(queue))
  }

  /// Allocates `byteCount` bytes of uninitialised device memory.
  ///
  /// - Throws: the failed call.
  package func allocate(byteCount: Int) throws(OpenCLError) -> Memory {
    try Memory(context: self, byteCount: byteCount)
  }
}
