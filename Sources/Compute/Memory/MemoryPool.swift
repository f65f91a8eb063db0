/// Keeps the memory of released buffers for the next buffer of the same size, so that a training step
/// allocates nothing after the first. One pool a device; the queue runs in order, so memory may be handed
/// on as soon as the last command that uses it has been enqueued.
final class MemoryPool {
  /// What a block is for. The two are kept apart: else a buffer made late in the first step would take the memory that an
  /// operation of the next step wants as scratch, and that step would allocate again.
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
  private var shared: MemoryBlock?
  private let allocate: (_ byteCount: Int, _ heldBytes: Int) throws(ComputeError) -> MemoryBlock
  private let finish: () throws(ComputeError) -> Void

  /// Bytes handed out or kept.
  private(set) var heldBytes = 0
  /// The most bytes ever held.
  private(set) var peakBytes = 0
  /// Allocations made so far: a step that allocates nothing leaves it as it was.
  private(set) var allocations = 0

  /// `allocate` gets the bytes asked for and the bytes that this pool holds already; `finish` waits until what was asked of the
  /// device is done.
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
    if let block = free[Key(size: size, use: use)]?.popLast() { return block }
    let block: MemoryBlock
    do {
      block = try allocate(size, heldBytes)
    } catch {
      guard case .outOfMemory = error else { throw error }
      drain()
      // A driver keeps released memory until the commands that use it have run.
      try finish()
      block = try allocate(size, heldBytes)
    }
    allocations += 1
    heldBytes += size
    peakBytes = max(peakBytes, heldBytes)
    return block
  }

  /// The block of every buffer of no elements.
  func empty() throws(ComputeError) -> MemoryBlock {
    if let shared { return shared }
    let block = try take(byteCount: 0, for: .buffer)
    shared = block
    return block
  }

  /// Takes a block back.
  func recycle(_ block: MemoryBlock, from use: Use) {
    free[Key(size: block.byteCount, use: use), default: []].append(block)
  }

  /// Gives the kept memory back to the system.
  func drain() {
    for (key, blocks) in free { heldBytes -= key.size * blocks.count }
    free.removeAll()
  }

  /// Sizes grow in steps of an eighth of their magnitude, so that near sizes share a block; those of buffers in small steps, since
  /// weights and activations of one model come in few sizes and are most of the memory.
  static func size(of byteCount: Int, for use: Use) -> Int {
    let magnitude = 1 << (Int.bitWidth - max(byteCount, 1).leadingZeroBitCount)
    let step = max(256, use == .scratch ? magnitude >> 4 : min(magnitude >> 4, 4096))
    return max(step, (byteCount + step - 1) / step * step)
  }
}
