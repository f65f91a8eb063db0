/// An array of `count` elements in a device's memory, owned by whoever holds this value.
///
/// It cannot be copied: a `borrowing` parameter reads it, an `inout` parameter writes it, and the
/// compiler's exclusivity proves that a kernel's operands do not alias. Its memory goes back to the device's
/// pool when it ends. What a fresh buffer holds is not defined.
package struct DeviceBuffer<Element: BitwiseCopyable>: ~Copyable {
  package let count: Int
  let block: MemoryBlock
  private let pool: MemoryPool?
  private let use: MemoryPool.Use

  init(count: Int, block: MemoryBlock, pool: MemoryPool?, use: MemoryPool.Use = .buffer) {
    self.count = count
    self.block = block
    self.pool = pool
    self.use = use
  }

  deinit {
    pool?.recycle(block, from: use)
  }

  package var byteCount: Int { count * MemoryLayout<Element>.stride }

  /// The elements in host memory, for the CPU path's arithmetic; valid while this buffer lives.
  var host: UnsafePointer<Element> {
    unsafe block.reading.assumingMemoryBound(to: Element.self)
  }

  /// The elements in host memory for writing, for the CPU path's arithmetic; valid while this buffer lives.
  var mutableHost: UnsafeMutablePointer<Element> {
    mutating get { unsafe block.writing.assumingMemoryBound(to: Element.self) }
  }
}
