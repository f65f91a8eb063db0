#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A stretch of host memory straight from the system: it goes back there when it is released, and no small allocation in
/// between keeps it from doing so.
@unsafe struct Pages {
  let start: UnsafeMutableRawPointer
  let byteCount: Int

  /// Bytes from which on pages of its own are worth a call of the system.
  static let worthwhile = 1 << 20
  private static let hugePage = 2 << 20

  /// New pages, all zero; nil where the system has none. What is large begins at a multiple of 2 MiB and asks for pages of that
  /// size as far as it fills them: a product reads a weight matrix across its rows, and with pages of 4 KiB that costs up to a
  /// tenth of its time in translating addresses.
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
      // Advice: where the system does not take it, small pages do as well.
      _ = unsafe madvise(start, length / hugePage * hugePage, MADV_HUGEPAGE)
    #endif
    return unsafe Pages(start: start, byteCount: length)
  }

  func unmap() {
    unsafe munmap(start, byteCount)
  }
}
