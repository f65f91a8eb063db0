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

/// One in-order command queue of a device: what is enqueued runs in its order, so a buffer may be
/// reused as soon as the last command that reads it has been enqueued.
@safe package final class Context {
  let driver: DriverContext
  let queue: cl_command_queue
  /// Whether events record times, at a small cost per launch.
  package let isProfiling: Bool
  /// The traffic of the queue so far.
  package internal(set) var traffic = QueueTraffic()
  let staging = StagingRing()

  /// Opens a queue in a context of the driver, which others may share.
  ///
  /// - Parameters:
  ///   - driver: the driver's context of the device.
  ///   - isProfiling: whether events record times.
  /// - Throws: the failed call.
  package init(_ driver: DriverContext, isProfiling: Bool = false) throws(OpenCLError) {
    self.driver = driver
    self.isProfiling = isProfiling
    let properties =
      isProfiling ? cl_command_queue_properties(CL_QUEUE_PROFILING_ENABLE) : 0
    var status: Int32 = CL_SUCCESS
    let queue = unsafe clCreateCommandQueue(
      driver.handle, driver.device.raw, properties, &status)
    guard status == CL_SUCCESS, let queue = unsafe queue else {
      throw OpenCLError(
        call: "clCreateCommandQueue", status: status, detail: driver.description.name)
    }
    unsafe self.queue = queue
  }

  deinit {
    unsafe clFinish(queue)
    unsafe clReleaseCommandQueue(queue)
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
