/// A block of host or device memory, freed with its last reference.
@safe final class MemoryBlock {
  @unsafe enum Storage {
    /// Owned host memory.
    case host(UnsafeMutableRawPointer)
    /// Owned pages of host memory.
    case pages(Pages)
    /// Host memory that `owner` keeps alive, such as a mapped file. Never written.
    case mapped(UnsafeRawPointer, owner: AnyObject)
    /// The memory of a GPU.
    case device(DeviceMemory)
  }

  let storage: Storage
  let byteCount: Int
  /// The number of its last `take` from the pool.
  var takenAt = 0

  init(_ storage: Storage, byteCount: Int) {
    unsafe self.storage = unsafe storage
    self.byteCount = byteCount
  }

  /// Host memory aligned to a cache line, so that vector loads do not cross lines.
  static func host(byteCount: Int) -> MemoryBlock {
    if unsafe byteCount >= Pages.worthwhile, let pages = unsafe Pages.map(byteCount: byteCount) {
      return unsafe MemoryBlock(.pages(pages), byteCount: byteCount)
    }
    let pointer = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 64), alignment: 64)
    return unsafe MemoryBlock(.host(pointer), byteCount: byteCount)
  }

  deinit {
    switch unsafe storage {
    case .host(let pointer): unsafe pointer.deallocate()
    case .pages(let pages): unsafe pages.unmap()
    case .mapped, .device: break
    }
  }

  /// Whether it is host memory with another owner.
  var isMapped: Bool {
    if case .mapped = unsafe storage { return true }
    return false
  }

  var reading: UnsafeRawPointer {
    switch unsafe storage {
    case .host(let pointer): return UnsafeRawPointer(pointer)
    case .pages(let pages): return unsafe UnsafeRawPointer(pages.start)
    case .mapped(let pointer, _): return unsafe pointer
    case .device: preconditionFailure("a buffer of a GPU used on the CPU path")
    }
  }

  var writing: UnsafeMutableRawPointer {
    switch unsafe storage {
    case .host(let pointer): return unsafe pointer
    case .pages(let pages): return unsafe pages.start
    case .mapped: preconditionFailure("a mapped file is never written")
    case .device: preconditionFailure("a buffer of a GPU used on the CPU path")
    }
  }

  var device: DeviceMemory {
    guard case .device(let memory) = unsafe storage else {
      preconditionFailure("a buffer of the CPU path used on a GPU")
    }
    return memory
  }
}
