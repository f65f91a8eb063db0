import Testing

@testable import Compute

/// The pool with a simulated allocator.
@Suite struct MemoryPoolTests {
  /// Capacity for two blocks; a released block counts until the commands that use it have run.
  private final class Device {
    var taken = 0
    var released = 0
    var finishes = 0
    var refusal = ComputeError.outOfMemory(device: "device", needed: 1, available: 0)

    func allocate(_ byteCount: Int) throws(ComputeError) -> MemoryBlock {
      guard taken < 2 else { throw refusal }
      taken += 1
      return .host(byteCount: byteCount)
    }
  }

  private func pool(over device: Device) -> MemoryPool {
    MemoryPool(
      allocate: { byteCount, _ throws(ComputeError) in try device.allocate(byteCount) },
      finish: { () throws(ComputeError) in
        device.finishes += 1
        device.taken -= device.released
        device.released = 0
      })
  }

  @Test func releasedMemoryIsWaitedFor() throws {
    let device = Device()
    let pool = pool(over: device)
    let kept = try pool.take(byteCount: 1000, for: .buffer)
    pool.recycle(try pool.take(byteCount: 2000, for: .buffer), from: .buffer)
    device.released = 1
    let block = try pool.take(byteCount: 4000, for: .buffer)
    #expect(device.finishes == 1)
    #expect(pool.heldBytes == kept.byteCount + block.byteCount)
  }

  @Test func whatNoMemoryHelpsIsNotTriedAgain() throws {
    let device = Device()
    device.refusal = .bufferTooLarge(device: "device", needed: 2, limit: 1)
    let pool = pool(over: device)
    let kept = try pool.take(byteCount: 1000, for: .buffer)
    pool.recycle(try pool.take(byteCount: 2000, for: .buffer), from: .buffer)
    #expect(throws: device.refusal) { try pool.take(byteCount: 4000, for: .buffer) }
    #expect(device.finishes == 0)
    #expect(pool.heldBytes > kept.byteCount)
  }
}
