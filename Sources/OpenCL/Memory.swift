import COpenCL

/// A buffer in device memory, released with its last reference. Releasing it right after an enqueue
/// is safe: the driver keeps it until the commands that use it have run.
@safe package final class Memory {
  package let byteCount: Int
  let handle: cl_mem
  private let context: Context

  init(context: Context, byteCount: Int) throws(OpenCLError) {
    var status: Int32 = CL_SUCCESS
    // An empty buffer is an error in OpenCL; operations on no rows are not enqueued.
    let handle = unsafe clCreateBuffer(
      context.driver.handle, cl_mem_flags(CL_MEM_READ_WRITE), max(byteCount, 1), nil, &status)
    try check("clCreateBuffer", status, "\(byteCount) bytes")
    guard let handle = unsafe handle else {
      throw OpenCLError(call: "clCreateBuffer", status: CL_INVALID_MEM_OBJECT)
    }
    self.context = context
    self.byteCount = byteCount
    unsafe self.handle = handle
  }

  deinit {
    unsafe clReleaseMemObject(handle)
  }

  /// Copies host bytes to `offset`; the host bytes may be reused when this returns. Waits for the
  /// queue only where they are many.
  ///
  /// - Throws: the failed call.
  package func upload(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) throws(OpenCLError) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    context.traffic.uploadedBytes += bytes.count
    guard bytes.count <= StagingRing.largestUpload else {
      context.traffic.hostWaits += 1
      return try unsafe write(base, bytes.count, at: offset, isBlocking: true, event: nil)
    }
    let context = context
    let staged = unsafe try context.staging.reserve(byteCount: bytes.count) {
      context.traffic.hostWaits += 1
    }
    unsafe staged.copyMemory(from: base, byteCount: bytes.count)
    var event: cl_event?
    try unsafe write(staged, bytes.count, at: offset, isBlocking: false, event: &event)
    guard let event = unsafe event else {
      throw OpenCLError(call: "clEnqueueWriteBuffer", status: CL_INVALID_EVENT)
    }
    unsafe context.staging.follow(Event(event))
  }

  private func write(
    _ base: UnsafeRawPointer, _ count: Int, at offset: Int, isBlocking: Bool,
    event: UnsafeMutablePointer<cl_event?>?
  ) throws(OpenCLError) {
    try check(
      "clEnqueueWriteBuffer",
      unsafe clEnqueueWriteBuffer(
        context.queue, handle, cl_bool(isBlocking ? CL_TRUE : CL_FALSE), offset, count, base, 0,
        nil, event),
      "\(count) bytes at \(offset) of \(byteCount)")
  }

  /// Waits for the queue and copies device bytes from `offset` to the host.
  ///
  /// - Throws: the failed call.
  package func download(
    into bytes: UnsafeMutableRawBufferPointer, from offset: Int = 0
  ) throws(OpenCLError) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    context.traffic.downloadedBytes += bytes.count
    context.traffic.hostWaits += 1
    try check(
      "clEnqueueReadBuffer",
      unsafe clEnqueueReadBuffer(
        context.queue, handle, cl_bool(CL_TRUE), offset, bytes.count, base, 0, nil, nil),
      "\(bytes.count) bytes at \(offset) of \(byteCount)")
  }

  /// Enqueues a copy on the device. Source and target must not overlap.
  ///
  /// - Throws: the failed call.
  package func copy(
    from source: Memory, sourceOffset: Int = 0, offset: Int = 0, byteCount: Int
  ) throws(OpenCLError) {
    guard byteCount > 0 else { return }
    context.traffic.copies += 1
    try check(
      "clEnqueueCopyBuffer",
      unsafe clEnqueueCopyBuffer(
        context.queue, source.handle, handle, sourceOffset, offset, byteCount, 0, nil, nil),
      "\(byteCount) bytes")
  }

  /// Enqueues a fill with a repeated pattern of 1, 2 or 4 bytes.
  ///
  /// - Throws: the failed call.
  package func fill<Pattern: BitwiseCopyable>(
    _ pattern: Pattern, offset: Int = 0, byteCount: Int
  ) throws(OpenCLError) {
    guard byteCount > 0 else { return }
    context.traffic.copies += 1
    var pattern = pattern
    try check(
      "clEnqueueFillBuffer",
      unsafe clEnqueueFillBuffer(
        context.queue, handle, &pattern, MemoryLayout<Pattern>.size, offset, byteCount, 0, nil,
        nil),
      "\(byteCount) bytes")
  }
}
