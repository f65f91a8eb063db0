#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension Device {
  /// A buffer of `count` uninitialised elements.
  ///
  /// - Throws: allocation and driver errors.
  package func buffer<Element: BitwiseCopyable>(
    of type: Element.Type = Element.self, count: Int
  ) throws(ComputeError) -> DeviceBuffer<Element> {
    try buffer(count: count, for: .buffer)
  }

  /// Workspace of an operation. Its memory is kept for the operation's next call.
  func scratch<Element: BitwiseCopyable>(
    of type: Element.Type = Element.self, count: Int
  ) throws(ComputeError) -> DeviceBuffer<Element> {
    try buffer(count: count, for: .scratch)
  }

  private func buffer<Element: BitwiseCopyable>(
    count: Int, for use: MemoryPool.Use
  ) throws(ComputeError) -> DeviceBuffer<Element> {
    if count == 0 { return DeviceBuffer(count: 0, block: try pool.empty(), pool: nil) }
    let block = try pool.take(byteCount: count * MemoryLayout<Element>.stride, for: use)
    return DeviceBuffer(count: count, block: block, pool: pool, use: use)
  }

  /// A buffer that holds these elements.
  ///
  /// - Throws: allocation and driver errors.
  package func buffer<Element: BitwiseCopyable>(
    _ elements: [Element]
  ) throws(ComputeError) -> DeviceBuffer<Element> {
    var buffer = try buffer(of: Element.self, count: elements.count)
    try upload(elements, into: &buffer)
    return buffer
  }

  /// A buffer with the elements of host memory, of any alignment. On the CPU path, aligned memory
  /// with an owner is used in place, without a copy.
  ///
  /// - Throws: allocation and driver errors.
  package func buffer<Element: BitwiseCopyable>(
    of type: Element.Type = Element.self, bytes: UnsafeRawBufferPointer,
    keepingAlive owner: AnyObject? = nil
  ) throws(ComputeError) -> DeviceBuffer<Element> {
    let count = bytes.count / MemoryLayout<Element>.stride
    if isCPU, let owner, let base = bytes.baseAddress,
      Int(bitPattern: base) % MemoryLayout<Element>.alignment == 0
    {
      let block = unsafe MemoryBlock(.mapped(base, owner: owner), byteCount: bytes.count)
      return DeviceBuffer(count: count, block: block, pool: nil)
    }
    let buffer = try buffer(of: Element.self, count: count)
    unsafe try write(bytes, to: buffer.block, at: 0)
    return buffer
  }

  /// Copies host elements to the buffer, from element `offset`.
  ///
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func upload<Element: BitwiseCopyable>(
    _ elements: [Element], into buffer: inout DeviceBuffer<Element>, at offset: Int = 0
  ) throws(ComputeError) {
    try expect("upload", "buffer", buffer.count, Shape(offset + elements.count))
    let block = buffer.block
    let start = offset * MemoryLayout<Element>.stride
    let written = unsafe elements.withUnsafeBytes { bytes in
      Result { () throws(ComputeError) in try unsafe write(bytes, to: block, at: start) }
    }
    try written.get()
  }

  /// Waits for the device and copies `count` elements from element `offset` (nil: to the end) to
  /// the host.
  ///
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func download<Element: BitwiseCopyable>(
    _ buffer: borrowing DeviceBuffer<Element>, from offset: Int = 0, count: Int? = nil
  ) throws(ComputeError) -> [Element] {
    let count = count ?? buffer.count - offset
    try expect("download", "buffer", buffer.count, Shape(offset + count))
    let stride = MemoryLayout<Element>.stride
    let block = buffer.block
    guard count > 0 else { return [] }
    switch engine {
    case .cpu:
      let start = unsafe (block.reading + offset * stride).assumingMemoryBound(to: Element.self)
      return unsafe Array(UnsafeBufferPointer(start: start, count: count))
    case .gpu:
      var failure: ComputeError?
      let elements = unsafe [Element](unsafeUninitializedCapacity: count) { target, initialized in
        do throws(ComputeError) {
          try unsafe block.device.download(
            into: UnsafeMutableRawBufferPointer(
              rebasing: UnsafeMutableRawBufferPointer(target)[..<(count * stride)]),
            from: offset * stride)
          initialized = count
        } catch { failure = error }
      }
      if let failure { throw failure }
      return elements
    }
  }

  /// Copies `count` elements from one buffer to another on the device.
  ///
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func copy<Element: BitwiseCopyable>(
    _ source: borrowing DeviceBuffer<Element>, from sourceOffset: Int = 0,
    into target: inout DeviceBuffer<Element>, at offset: Int = 0, count: Int
  ) throws(ComputeError) {
    try expect("copy", "source", source.count, Shape(sourceOffset + count))
    try expect("copy", "target", target.count, Shape(offset + count))
    let stride = MemoryLayout<Element>.stride
    switch engine {
    case .cpu:
      unsafe memcpy(target.mutableHost + offset, source.host + sourceOffset, count * stride)
    case .gpu:
      try target.block.device.copy(
        from: source.block.device, sourceOffset: sourceOffset * stride, offset: offset * stride,
        byteCount: count * stride)
    }
  }

  /// Sets `count` elements from element `offset` (nil: to the end) to a value.
  ///
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func fill<Element: BitwiseCopyable>(
    _ buffer: inout DeviceBuffer<Element>, with value: Element, at offset: Int = 0,
    count: Int? = nil
  ) throws(ComputeError) {
    let count = count ?? buffer.count - offset
    try expect("fill", "buffer", buffer.count, Shape(offset + count))
    let stride = MemoryLayout<Element>.stride
    switch engine {
    case .cpu:
      unsafe (buffer.mutableHost + offset).update(repeating: value, count: count)
    case .gpu:
      try buffer.block.device.fill(value, offset: offset * stride, byteCount: count * stride)
    }
  }

  private func write(
    _ bytes: UnsafeRawBufferPointer, to block: MemoryBlock, at start: Int
  ) throws(ComputeError) {
    guard let base = bytes.baseAddress else { return }
    switch engine {
    case .cpu:
      unsafe memcpy(block.writing + start, base, bytes.count)
    case .gpu:
      try unsafe block.device.upload(bytes, at: start)
    }
  }
}
