#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A range of pages mapped directly from the system: releasing it always returns the memory to the
/// system.
@unsafe struct Pages {
  let start: UnsafeMutableRawPointer
  let byteCount: Int

  /// Minimum bytes for which a system call per allocation is worthwhile.
  static let worthwhile = 1 << 20
  private static let hugePage = 2 << 20

  /// New zeroed pages; nil if the system has none. A large range is aligned to 2 MiB and requests
  /// huge pages: a GEMM reads a weight matrix across its rows, and with 4 KiB pages TLB misses cost
  /// up to a tenth of its time.
  static func map(byteCount: Int) -> Pages? {
    let page = Int(getpagesize())
    let length = (byteCount + page - 1) / page * page
    let isLarge = unsafe length >= 2 * hugePage
    let reserved = unsafe isLarge ? length + hugePage : length
    guard
      let base = unsafe mmap(
        nil, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0),
      unsafe base != MAP_FAILED
    else { return nil }
    guard isLarge else { return unsafe Pages(start: base, byteCount: length) }
    let before = unsafe (hugePage - Int(bitPattern: base) % hugePage) % hugePage
    if before > 0 { unsafe munmap(base, before) }
    let start = unsafe base + before
    if reserved - before > length { unsafe munmap(start + length, reserved - before - length) }
    #if os(Linux)
      // Only advice: without huge pages, small pages work too.
      _ = unsafe madvise(start, length / hugePage * hugePage, MADV_HUGEPAGE)
    #endif
    return unsafe Pages(start: start, byteCount: length)
  }

  func unmap() {
    unsafe munmap(start, byteCount)
  }
}
