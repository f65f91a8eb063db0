/// An owned array of `count` elements in device memory.
///
/// It cannot be copied: a `borrowing` parameter reads it, an `inout` parameter writes it, and
/// exclusivity checking proves that a kernel's operands do not alias. Its memory returns to the
/// device's pool when the value ends. A new buffer is uninitialised.
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

  /// The first elements, in this buffer's memory; valid while this buffer lives.
  func prefix(_ count: Int) -> DeviceBuffer {
    precondition(count <= self.count, "elements of the buffer")
    return DeviceBuffer(count: count, block: block, pool: nil)
  }

  /// The elements in host memory, for the CPU path; valid while this buffer lives.
  var host: UnsafePointer<Element> {
    unsafe block.reading.assumingMemoryBound(to: Element.self)
  }

  /// The elements in host memory for writing, for the CPU path; valid while this buffer lives.
  var mutableHost: UnsafeMutablePointer<Element> {
    mutating get { unsafe block.writing.assumingMemoryBound(to: Element.self) }
  }
}
