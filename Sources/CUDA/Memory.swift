import CCUDA

/// A buffer in device memory, released with its last reference. It may be released right after an
/// enqueue: the release waits until everything enqueued so far has run.
@safe package final class Memory {
  package let byteCount: Int
  let address: CUdeviceptr
  private let context: Context

  init(context: Context, byteCount: Int) throws(CUDAError) {
    var address: CUdeviceptr = 0
    try context.refuseWhileCapturing("cuMemAlloc")
    try context.activate()
    // An empty buffer is an error in CUDA; operations on no rows are not enqueued.
    try context.driver.check(
      "cuMemAlloc", unsafe context.driver.cuMemAlloc_v2(&address, max(byteCount, 1)),
      "\(byteCount) bytes")
    self.context = context
    self.byteCount = byteCount
    self.address = address
  }

  deinit {
    context.drain()
    _ = context.driver.cuMemFree_v2(address)
  }

  /// The bytes from `offset` on.
  package func slice(from offset: Int = 0) -> MemorySlice {
    precondition(0...byteCount ~= offset, "offset \(offset) of a buffer of \(byteCount) bytes")
    return MemorySlice(address: address + UInt64(offset), byteCount: byteCount - offset)
  }

  /// Copies host bytes to `offset`; the host bytes may be reused when this returns. Waits for the
  /// stream only where they are many.
  ///
  /// - Throws: where the range is not in the buffer; the failed call.
  package func upload(
    _ bytes: UnsafeRawBufferPointer, at offset: Int = 0
  ) throws(CUDAError) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    let (context, driver) = (context, context.driver)
    try checkRange("cuMemcpyHtoDAsync", offset, bytes.count)
    try context.refuseWhileCapturing("cuMemcpyHtoDAsync")
    try context.activate()
    context.traffic.uploadedBytes += bytes.count
    if bytes.count > StagingRing.largestUpload {
      context.traffic.hostWaits += 1
      try unsafe write(base, bytes.count, at: offset)
      try driver.check("cuStreamSynchronize", unsafe driver.cuStreamSynchronize(context.stream))
      return
    }
    let staged = unsafe try context.staging.reserve(byteCount: bytes.count, driver) {
      context.traffic.hostWaits += 1
    }
    unsafe staged.copyMemory(from: base, byteCount: bytes.count)
    try unsafe write(staged, bytes.count, at: offset)
    try unsafe context.staging.follow(context.stream, driver)
  }

  private func write(
    _ base: UnsafeRawPointer, _ count: Int, at offset: Int
  ) throws(CUDAError) {
    try context.driver.check(
      "cuMemcpyHtoDAsync",
      unsafe context.driver.cuMemcpyHtoDAsync_v2(
        address + UInt64(offset), base, count, context.stream),
      "\(count) bytes at \(offset) of \(byteCount)")
  }

  /// Waits for the stream and copies device bytes from `offset` to the host.
  ///
  /// - Throws: where the range is not in the buffer; the failed call.
  package func download(
    into bytes: UnsafeMutableRawBufferPointer, from offset: Int = 0
  ) throws(CUDAError) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    try checkRange("cuMemcpyDtoHAsync", offset, bytes.count)
    try context.refuseWhileCapturing("cuMemcpyDtoHAsync")
    try context.activate()
    context.traffic.downloadedBytes += bytes.count
    context.traffic.hostWaits += 1
    let driver = context.driver
    try driver.check(
      "cuMemcpyDtoHAsync",
      unsafe driver.cuMemcpyDtoHAsync_v2(
        base, address + UInt64(offset), bytes.count, context.stream),
      "\(bytes.count) bytes at \(offset) of \(byteCount)")
    try driver.check("cuStreamSynchronize", unsafe driver.cuStreamSynchronize(context.stream))
  }

  /// Enqueues a copy on the device. Source and target must not overlap.
  ///
  /// - Throws: where a range is not in its buffer; the failed call.
  package func copy(
    from source: Memory, sourceOffset: Int = 0, offset: Int = 0, byteCount: Int
  ) throws(CUDAError) {
    guard byteCount > 0 else { return }
    try source.checkRange("cuMemcpyDtoDAsync", sourceOffset, byteCount)
    try checkRange("cuMemcpyDtoDAsync", offset, byteCount)
    try context.activate()
    if !context.isCapturing { context.traffic.copies += 1 }
    try context.driver.check(
      "cuMemcpyDtoDAsync",
      unsafe context.driver.cuMemcpyDtoDAsync_v2(
        address + UInt64(offset), source.address + UInt64(sourceOffset), byteCount, context.stream),
      "\(byteCount) bytes")
  }

  /// Enqueues a fill with a repeated pattern of 1, 2 or 4 bytes; offset and count are multiples of
  /// its size.
  ///
  /// - Throws: where the range is not in the buffer; the failed call.
  package func fill<Pattern: BitwiseCopyable>(
    _ pattern: Pattern, offset: Int = 0, byteCount: Int
  ) throws(CUDAError) {
    guard byteCount > 0 else { return }
    let size = MemoryLayout<Pattern>.size
    try checkRange("cuMemsetAsync", offset, byteCount)
    guard offset % size == 0, byteCount % size == 0 else {
      throw .invalid(
        "cuMemsetAsync",
        "\(byteCount) bytes at \(offset), expected multiples of the pattern's \(size) bytes")
    }
    try context.activate()
    if !context.isCapturing { context.traffic.copies += 1 }
    let (driver, stream, count) = unsafe (context.driver, context.stream, byteCount / size)
    let target = address + UInt64(offset)
    let status =
      switch size {
      case 1:
        unsafe driver.cuMemsetD8Async(
          target, unsafe unsafeBitCast(pattern, to: UInt8.self), count, stream)
      case 2:
        unsafe driver.cuMemsetD16Async(
          target, unsafe unsafeBitCast(pattern, to: UInt16.self), count, stream)
      case 4:
        unsafe driver.cuMemsetD32Async(
          target, unsafe unsafeBitCast(pattern, to: UInt32.self), count, stream)
      default:
        preconditionFailure("a pattern of \(size) bytes, expected 1, 2 or 4")
      }
    try driver.check("cuMemsetAsync", status, "\(byteCount) bytes at \(offset)")
  }

  /// The driver accepts what ends in the same page as the buffer, so ranges are checked here.
  private func checkRange(
    _ call: String, _ offset: Int, _ count: Int
  ) throws(CUDAError) {
    if offset >= 0 && count <= byteCount - offset { return }
    throw .invalid(call, "\(count) bytes at \(offset), expected a range within \(byteCount) bytes")
  }
}

/// An address in device memory with the bytes behind it. It is valid as long as its `Memory`.
package struct MemorySlice: Hashable, Sendable {
  let address: CUdeviceptr
  package let byteCount: Int

  /// The bytes from `offset` on.
  package func slice(from offset: Int) -> MemorySlice {
    precondition(0...byteCount ~= offset, "offset \(offset) of a slice of \(byteCount) bytes")
    return MemorySlice(address: address + UInt64(offset), byteCount: byteCount - offset)
  }
}
