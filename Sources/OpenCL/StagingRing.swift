import COpenCL

/// A host staging ring for small uploads, so that the host does not wait: the bytes are copied
/// here, a write is enqueued, and the space is free again when it has run. The queue runs in order,
/// so space is freed in order.
@safe final class StagingRing {
  /// Bytes of the ring: some hundred steps' indices.
  static let capacity = 4 << 20
  /// The largest upload through the ring; a larger one waits for the device instead of being copied
  /// twice.
  static let largestUpload = 1 << 18
  private static let alignment = 64

  /// A pending write, with the position after its bytes.
  private struct Pending {
    let event: Event
    let end: Int

    final class Event {
      let event: OpenCL.Event
      init(_ event: consuming OpenCL.Event) { self.event = event }
    }
  }

  private let memory = UnsafeMutableRawPointer.allocate(
    byteCount: StagingRing.capacity, alignment: StagingRing.alignment)
  /// Positions count all bytes ever allocated; modulo the capacity they are offsets.
  private var begin = 0
  private var end = 0
  /// In the order of the queue; those before `first` are done.
  private var pending: [Pending] = []
  private var first = 0

  /// The queue must be empty.
  deinit { unsafe memory.deallocate() }

  /// Space for `byteCount` bytes, at most `largestUpload`. `wait` is called before each wait for
  /// the device, if the ring is full.
  func reserve(
    byteCount: Int, willWait: () -> Void
  ) throws(OpenCLError) -> UnsafeMutableRawPointer {
    let size = (byteCount + Self.alignment - 1) / Self.alignment * Self.alignment
    // An upload is contiguous: the rest before the ring's end is skipped if it is too short.
    let rest = Self.capacity - end % Self.capacity
    if rest < size { end += rest }
    while first < pending.count {
      if try !pending[first].event.event.isDone() {
        if end + size - begin <= Self.capacity { break }
        willWait()
        try pending[first].event.event.wait()
      }
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

  /// Sets the command that reads the bytes of the last upload.
  func follow(_ event: consuming Event) {
    pending.append(Pending(event: Pending.Event(event), end: end))
  }
}
