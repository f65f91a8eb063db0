internal import OpenCL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A piece of memory of either kind of device, freed with its last reference.
@safe final class MemoryBlock {
  @unsafe enum Storage {
    /// Host memory of ours.
    case host(UnsafeMutableRawPointer)
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

  /// Host memory at a cache line's alignment, so that wide loads never straddle one. What is large asks for pages of
  /// 2 MiB: a product reads a weight matrix across its rows, and with pages of 4 KiB that costs up to a tenth of its time
  /// in translating addresses.
  static func host(byteCount: Int) -> MemoryBlock {
    let hugePage = 2 << 20
    let isLarge = byteCount >= 2 * hugePage
    let pointer = UnsafeMutableRawPointer.allocate(
      byteCount: max(byteCount, 64), alignment: isLarge ? hugePage : 64)
    #if os(Linux)
      // Advice: where the system does not take it, small pages do as well.
      if isLarge { _ = unsafe madvise(pointer, byteCount, MADV_HUGEPAGE) }
    #endif
    return unsafe MemoryBlock(.host(pointer), byteCount: byteCount)
  }

  deinit {
    if case .host(let pointer) = unsafe storage { unsafe pointer.deallocate() }
  }

  /// Whether it is host memory of somebody else's.
  var isMapped: Bool {
    if case .mapped = unsafe storage { return true }
    return false
  }

  var reading: UnsafeRawPointer {
    switch unsafe storage {
    case .host(let pointer): return UnsafeRawPointer(pointer)
    case .mapped(let pointer, _): return unsafe pointer
    case .opencl: preconditionFailure("a buffer of an OpenCL device used on the CPU path")
    }
  }

  var writing: UnsafeMutableRawPointer {
    switch unsafe storage {
    case .host(let pointer): return unsafe pointer
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
