/// Reuses the memory of released buffers for new buffers of the same size, so that training steps
/// after the first allocate nothing. One pool per device. The queue runs in order, so memory may be
/// reused as soon as the last command that uses it is enqueued.
final class MemoryPool {
  /// The use of a block. The two uses do not share memory: otherwise a buffer created late in the
  /// first step could take the workspace of an operation, and the next step would allocate again.
  enum Use {
    /// A buffer that lives as long as its owner.
    case buffer
    /// Scratch of one operation.
    case scratch
  }

  private struct Key: Hashable {
    let size: Int
    let use: Use
  }

  private var free: [Key: [MemoryBlock]] = [:]
  /// Free blocks that captured commands use: only commands that are captured take them, since a
  /// replay writes to them at any time.
  private var captured: [Key: [MemoryBlock]] = [:]
  private var isCapturing = false
  /// Blocks of `captured` that the present commands took and have not released.
  private var lent: Set<ObjectIdentifier> = []
  private var shared: MemoryBlock?
  private let allocate: (_ byteCount: Int, _ heldBytes: Int) throws(ComputeError) -> MemoryBlock
  private let finish: () throws(ComputeError) -> Void

  /// Bytes in use or kept for reuse.
  private(set) var heldBytes = 0
  /// The most bytes ever held.
  private(set) var peakBytes = 0
  /// Number of allocations so far.
  private(set) var allocations = 0
  /// Number of takes so far, and their number at the last capture.
  private var takes = 0
  private var takesAtCapture = 0
  /// Changes when memory is released that captured commands may use: they must not run again.
  private(set) var captureGeneration = 0

  /// `allocate` gets the requested bytes and the bytes that this pool already holds; `finish` waits
  /// for all enqueued commands.
  init(
    allocate: @escaping (Int, Int) throws(ComputeError) -> MemoryBlock,
    finish: @escaping () throws(ComputeError) -> Void = {}
  ) {
    self.allocate = allocate
    self.finish = finish
  }

  /// A block of at least `byteCount` bytes.
  func take(byteCount: Int, for use: Use) throws(ComputeError) -> MemoryBlock {
    let size = Self.size(of: byteCount, for: use)
    let kept = keptBlock(Key(size: size, use: use))
    let block = if let kept { kept } else { try newBlock(size) }
    takes += 1
    block.takenAt = takes
    return block
  }

  private func keptBlock(_ key: Key) -> MemoryBlock? {
    if isCapturing, let block = captured[key]?.popLast() {
      lent.insert(ObjectIdentifier(block))
      return block
    }
    return free[key]?.popLast()
  }

  private func newBlock(_ size: Int) throws(ComputeError) -> MemoryBlock {
    let block: MemoryBlock
    do {
      block = try allocate(size, heldBytes)
    } catch {
      guard case .outOfMemory = error else { throw error }
      drain()
      // Drivers keep released memory until the commands that use it have run.
      try finish()
      block = try allocate(size, heldBytes)
    }
    allocations += 1
    heldBytes += size
    peakBytes = max(peakBytes, heldBytes)
    return block
  }

  /// The shared block of all empty buffers.
  func empty() throws(ComputeError) -> MemoryBlock {
    if let shared { return shared }
    let block = try take(byteCount: 0, for: .buffer)
    shared = block
    return block
  }

  /// Returns a block to the pool.
  func recycle(_ block: MemoryBlock, from use: Use) {
    if block.takenAt <= takesAtCapture { captureGeneration += 1 }
    let key = Key(size: block.byteCount, use: use)
    if isCapturing {
      lent.remove(ObjectIdentifier(block))
      captured[key, default: []].append(block)
    } else {
      free[key, default: []].append(block)
    }
  }

  /// Frees the kept memory.
  func drain() {
    if !captured.isEmpty { captureGeneration += 1 }
    for (key, blocks) in [free, captured].joined() { heldBytes -= key.size * blocks.count }
    free.removeAll()
    captured.removeAll()
  }

  /// Runs commands that are captured, or will be the next time: memory that they take and release
  /// stays theirs.
  func capturing<Failure: Error>(
    _ body: () throws(Failure) -> Void
  ) throws(Failure) {
    isCapturing = true
    defer {
      isCapturing = false
      // A buffer that lives on has memory that earlier captures write to.
      if !lent.isEmpty { captureGeneration += 1 }
      lent.removeAll()
    }
    try body()
  }

  /// Commands were captured: memory that is in use now must stay as long as they are replayed.
  func noteCapture() { takesAtCapture = takes }

  /// Captured commands must not run again.
  func invalidateCaptures() { captureGeneration += 1 }

  /// Scratch sizes are rounded up by an eighth of their magnitude, so that similar sizes share a
  /// block. Buffer sizes are rounded up in small steps, since the weights and activations of a
  /// model have few sizes and are most of the memory.
  static func size(of byteCount: Int, for use: Use) -> Int {
    let magnitude = 1 << (Int.bitWidth - max(byteCount, 1).leadingZeroBitCount)
    let step = max(256, use == .scratch ? magnitude >> 4 : min(magnitude >> 4, 4096))
    return max(step, (byteCount + step - 1) / step * step)
  }
}
