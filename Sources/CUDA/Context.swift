import CCUDA

/// Copies, waits and bytes of a stream since it was created.
package struct StreamTraffic: Sendable, Equatable {
  /// Times that the host waited for the device: for a read, for a large write, or for the stream's
  /// end.
  package var hostWaits = 0
  /// Bytes from the host to the device.
  package var uploadedBytes = 0
  /// Bytes from the device to the host.
  package var downloadedBytes = 0
  /// Copies and fills on the device.
  package var copies = 0
}

/// One device with its primary context and one stream: what is enqueued runs in its order, so a
/// buffer may be reused as soon as the last command that reads it has been enqueued.
///
/// The primary context is retained as long as the process: cuBLASLt keeps modules in it, and making
/// it anew takes tenths of a second.
@safe package final class Context {
  package let description: DeviceDescription
  let libraries: Libraries
  let stream: CUstream
  /// The traffic of the stream so far.
  package internal(set) var traffic = StreamTraffic()
  /// Whether enqueued commands are captured instead of run.
  package internal(set) var isCapturing = false
  let staging: StagingRing
  private let context: CUcontext

  var driver: CUDADriver { libraries.driver }

  /// Opens the device with this index.
  ///
  /// - Throws: where there is no device of this index, or a call fails.
  package init(_ libraries: Libraries, device index: Int) throws(CUDAError) {
    let driver = libraries.driver
    let devices = try DeviceDescription.all(libraries)
    guard devices.indices.contains(index) else {
      throw CUDAError(
        call: "cuDeviceGet", status: CUDA_ERROR_INVALID_DEVICE, name: "CUDA_ERROR_INVALID_DEVICE",
        detail: "no device \(index); there are \(devices.count)")
    }
    let description = devices[index]
    var device: CUdevice = 0
    try driver.check("cuDeviceGet", unsafe driver.cuDeviceGet(&device, CInt(index)))
    var retained: CUcontext?
    try driver.check(
      "cuDevicePrimaryCtxRetain", unsafe driver.cuDevicePrimaryCtxRetain(&retained, device),
      description.name)
    guard let context = unsafe retained else { throw .noResult("cuDevicePrimaryCtxRetain") }
    try driver.check("cuCtxSetCurrent", unsafe driver.cuCtxSetCurrent(context))
    var created: CUstream?
    // A blocking stream would wait for the default stream of other users of the context.
    try driver.check(
      "cuStreamCreate", unsafe driver.cuStreamCreate(&created, UInt32(CU_STREAM_NON_BLOCKING)))
    guard let stream = unsafe created else { throw .noResult("cuStreamCreate") }
    do throws(CUDAError) {
      staging = try StagingRing(driver)
    } catch {
      _ = unsafe driver.cuStreamDestroy_v2(stream)
      throw error
    }
    unsafe self.stream = stream
    self.description = description
    self.libraries = libraries
    unsafe self.context = context
  }

  deinit {
    drain()
    staging.release(driver)
    _ = unsafe driver.cuStreamDestroy_v2(stream)
  }

  /// Waits until everything enqueued so far has run or failed, before something that it uses is
  /// released. Not counted as a wait of the host: nothing is released during a step.
  func drain() {
    _ = unsafe driver.cuCtxSetCurrent(context)
    _ = unsafe driver.cuStreamSynchronize(stream)
  }

  /// Makes the context current on this thread, as the driver's calls need it. It takes less than a
  /// tenth of a microsecond.
  func activate() throws(CUDAError) {
    try driver.check("cuCtxSetCurrent", unsafe driver.cuCtxSetCurrent(context))
  }

  /// Submits all enqueued commands to the device, without waiting: the driver submits by itself,
  /// but may hold commands back where the display shares the device.
  ///
  /// - Throws: the failed call.
  package func flush() throws(CUDAError) {
    try refuseWhileCapturing("cuStreamQuery")
    try activate()
    let status = unsafe driver.cuStreamQuery(stream)
    if status != CUDA_ERROR_NOT_READY { try driver.check("cuStreamQuery", status) }
  }

  /// Waits until everything enqueued so far has run. Throws if a kernel failed.
  package func finish() throws(CUDAError) {
    try refuseWhileCapturing("cuStreamSynchronize")
    traffic.hostWaits += 1
    try activate()
    try driver.check("cuStreamSynchronize", unsafe driver.cuStreamSynchronize(stream))
  }

  /// Allocates `byteCount` bytes of uninitialised device memory.
  ///
  /// - Throws: the failed call.
  package func allocate(byteCount: Int) throws(CUDAError) -> Memory {
    try Memory(context: self, byteCount: byteCount)
  }

  /// Bytes of device memory that no process uses.
  ///
  /// - Throws: the failed call.
  package func freeMemory() throws(CUDAError) -> Int {
    var (free, total) = (0, 0)
    try activate()
    try driver.check("cuMemGetInfo", unsafe driver.cuMemGetInfo_v2(&free, &total))
    return free
  }

  /// Marks this point of the stream.
  ///
  /// - Throws: the failed call.
  package func record() throws(CUDAError) -> Event {
    try refuseWhileCapturing("cuEventRecord")
    let event = try Event(self)
    try event.record()
    return event
  }

  /// Runs a call that enqueues commands, between two events.
  ///
  /// - Throws: the failed call.
  package func timed(_ enqueue: () throws(CUDAError) -> Void) throws(CUDAError) -> TimedRun {
    let start = try record()
    try enqueue()
    return TimedRun(start: start, end: try record())
  }
}
