internal import OpenCL

/// A piece of memory of either kind of device, freed with its last reference.
@safe final class MemoryBlock {
  @unsafe enum Storage {
    /// Host memory of ours.
    case host(UnsafeMutableRawPointer)
    /// Pages of host memory of ours.
    case pages(Pages)
    /// Host memory of somebody else's, such as a mapped file, which `owner` keeps alive. Never written.
    case mapped(UnsafeRawPointer, owner: AnyObject)
    /// Device memory.
    case opencl(Memory)
  }

  let storage: Storage
  let byteCount: Int

  init(_ storage: Storage, byteCount: Int) {
    unsafe self.storage = unsafe storage
    self.byteCount = byteCount
  }

  /// Host memory at a cache line's alignment, so that wide loads never straddle one.
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
    case .mapped, .opencl: break
    }
  }

  /// Whether it is host memory of somebody else's.
  var isMapped: Bool {
    if case .mapped = unsafe storage { return true }
    return false
  }

  var reading: UnsafeRawPointer {
    switch unsafe storage {
    case .host(let pointer): return UnsafeRawPointer(pointer)
    case .pages(let pages): return unsafe UnsafeRawPointer(pages.start)
    case .mapped(let pointer, _): return unsafe pointer
    case .opencl: preconditionFailure("a buffer of an OpenCL device used on the CPU path")
    }
  }

  var writing: UnsafeMutableRawPointer {
    switch unsafe storage {
    case .host(let pointer): return unsafe pointer
    case .pages(let pages): return unsafe pages.start
    case .mapped: preconditionFailure("a mapped file is never written")
    case .opencl: preconditionFailure("a buffer of an OpenCL device used on the CPU path")
    }
  }

  var device: Memory {
    guard case .opencl(let memory) = unsafe storage else {
      preconditionFailure("a buffer of the CPU path used on an OpenCL device")
    }
    return memory
  }
}
