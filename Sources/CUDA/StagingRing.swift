import CCUDA

/// A ring of pinned host memory for small uploads, so that the host does not wait: the bytes are
/// copied here, a copy to the device is enqueued, and the space is free again when it has run. The
/// stream runs in order, so space is freed in order.
@safe final class StagingRing {
  /// Bytes of the ring: some hundred steps' indices.
  static let capacity = 4 << 20
  /// The largest upload through the ring; a larger one waits for the device instead of being copied
  /// twice.
  static let largestUpload = 1 << 18
  private static let alignment = 64

  /// An upload that is pending or done, with the position after its bytes.
  @safe private struct Upload {
    let event: CUevent
    var end: Int
  }

  private let memory: UnsafeMutableRawPointer
  /// Positions count all bytes ever allocated; modulo the capacity they are offsets.
  private var begin = 0
  private var end = 0
  /// In the order of the stream; those before `first` are done.
  private var pending: [Upload] = []
  private var first = 0
  /// Finished uploads, whose events are recorded again by later ones.
  private var spare: [Upload] = []

  /// The context must be current.
  init(_ driver: CUDADriver) throws(CUDAError) {
    var allocated: UnsafeMutableRawPointer?
    try driver.check(
      "cuMemHostAlloc", unsafe driver.cuMemHostAlloc(&allocated, Self.capacity, 0),
      "\(Self.capacity) bytes")
    guard let memory = unsafe allocated else { throw .noResult("cuMemHostAlloc") }
    unsafe self.memory = memory
  }

  /// Frees memory and events; the stream must be empty and the context current. Last call.
  func release(_ driver: CUDADriver) {
    for upload in pending[first...] + spare { _ = unsafe driver.cuEventDestroy_v2(upload.event) }
    _ = unsafe driver.cuMemFreeHost(memory)
  }

  /// Space for `byteCount` bytes, at most `largestUpload`. `willWait` is called before each wait
  /// for the device, if the ring is full.
  func reserve(
    byteCount: Int, _ driver: CUDADriver, willWait: () -> Void
  ) throws(CUDAError) -> UnsafeMutableRawPointer {
    let size = (byteCount + Self.alignment - 1) / Self.alignment * Self.alignment
    // An upload is contiguous: the rest before the ring's end is skipped if it is too short.
    let rest = Self.capacity - end % Self.capacity
    if rest < size { end += rest }
    while first < pending.count {
      let status = unsafe driver.cuEventQuery(pending[first].event)
      if status == CUDA_ERROR_NOT_READY {
        if end + size - begin <= Self.capacity { break }
        willWait()
        try driver.check(
          "cuEventSynchronize", unsafe driver.cuEventSynchronize(pending[first].event))
      } else {
        try driver.check("cuEventQuery", status)
      }
      spare.append(pending[first])
      begin = pending[first].end
      first += 1
    }
    if first == pending.count {
      pending.removeAll(keepingCapacity: true)
      first = 0
      begin = end
    } else if first > 1024 {
      pending.removeSubrange(..<first)
      first = 0
    }
    let address = unsafe memory + end % Self.capacity
    end += size
    return unsafe address
  }

  /// Records the command that reads the bytes of the last upload.
  func follow(_ stream: CUstream, _ driver: CUDADriver) throws(CUDAError) {
    var upload =
      if let upload = spare.popLast() { upload } else {
        unsafe Upload(event: try Event.create(driver, flags: CU_EVENT_DISABLE_TIMING), end: end)
      }
    upload.end = end
    pending.append(upload)
    try driver.check("cuEventRecord", unsafe driver.cuEventRecord(upload.event, stream))
  }
}
