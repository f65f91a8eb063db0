import CCUDA

/// A point of the stream that the device reaches when everything before it has run.
@safe package struct Event: ~Copyable {
  private let handle: CUevent
  private let context: Context

  /// An event with a time stamp, which has not been recorded.
  init(_ context: Context) throws(CUDAError) {
    try context.activate()
    unsafe self.handle = try Self.create(context.driver, flags: CU_EVENT_DEFAULT)
    self.context = context
  }

  static func create(_ driver: CUDADriver, flags: Int32) throws(CUDAError) -> CUevent {
    var created: CUevent?
    try driver.check("cuEventCreate", unsafe driver.cuEventCreate(&created, UInt32(flags)))
    guard let handle = unsafe created else { throw .noResult("cuEventCreate") }
    return unsafe handle
  }

  deinit {
    _ = unsafe context.driver.cuEventDestroy_v2(handle)
  }

  /// Moves the event to the stream's end.
  borrowing func record() throws(CUDAError) {
    try context.activate()
    try context.driver.check(
      "cuEventRecord", unsafe context.driver.cuEventRecord(handle, context.stream))
  }

  /// Waits until the device has reached the event.
  ///
  /// - Throws: the failed call.
  package borrowing func wait() throws(CUDAError) {
    try context.refuseWhileCapturing("cuEventSynchronize")
    try context.activate()
    try context.driver.check(
      "cuEventSynchronize", unsafe context.driver.cuEventSynchronize(handle))
  }

  /// Whether the device has reached the event. Does not wait.
  ///
  /// - Throws: the failed call.
  package borrowing func isDone() throws(CUDAError) -> Bool {
    try context.refuseWhileCapturing("cuEventQuery")
    try context.activate()
    let status = unsafe context.driver.cuEventQuery(handle)
    if status == CUDA_ERROR_NOT_READY { return false }
    try context.driver.check("cuEventQuery", status)
    return true
  }

  /// Seconds on the device from another event to this one.
  ///
  /// - Throws: the failed call.
  package borrowing func seconds(since start: borrowing Event) throws(CUDAError) -> Double {
    try wait()
    var milliseconds: Float = 0
    try context.driver.check(
      "cuEventElapsedTime",
      unsafe context.driver.cuEventElapsedTime(&milliseconds, start.handle, handle))
    return Double(milliseconds) * 1e-3
  }
}

/// Enqueued commands between two events.
package struct TimedRun: ~Copyable {
  let start: Event
  let end: Event

  /// Waits until the commands have run.
  ///
  /// - Throws: the failed call.
  package borrowing func wait() throws(CUDAError) { try end.wait() }

  /// Seconds from the commands' start to their end on the device.
  ///
  /// - Throws: the failed call.
  package borrowing func seconds() throws(CUDAError) -> Double { try end.seconds(since: start) }
}
