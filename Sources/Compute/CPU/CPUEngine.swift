import CArithmetic
import CBLAS
import Foundation

/// The CPU path: a thread pool that divides rows and tiles. OpenBLAS runs single-threaded inside
/// each of our threads, so that two pools do not compete for the cores.
@safe final class CPUEngine {
  private(set) var threads: Int
  let variant: CPUVariant
  /// Whether our register tiles are used; else OpenBLAS multiplies.
  var usesTiles: Bool { variant != .generic }
  private var pool: OpaquePointer

  /// `variant` is nil for the one that the environment names, else the fastest.
  init(threads: Int?, variant: CPUVariant? = nil) throws(ComputeError) {
    let variant = if let variant { variant } else { try CPUVariant.selected() }
    let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    guard threads > 0, let pool = unsafe thread_pool_create(Int32(clamping: threads)) else {
      throw .threads(threads)
    }
    openblas_set_num_threads(1)
    self.threads = threads
    self.variant = variant
    unsafe self.pool = pool
  }

  deinit {
    unsafe thread_pool_destroy(pool)
  }

  /// Runs `body` with another number of threads, or with as many as before where there cannot be so
  /// many.
  func withThreads<Value, Failure: Error>(
    _ count: Int, _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    guard count > 0, count != threads, let other = unsafe thread_pool_create(Int32(clamping: count))
    else { return try body() }
    let before = unsafe (pool: pool, threads: threads)
    unsafe (pool, threads) = (other, count)
    defer {
      unsafe (pool, threads) = (before.pool, before.threads)
      unsafe thread_pool_destroy(other)
    }
    return try body()
  }

  /// The worker number of the calling thread, below `threads`: an index for per-thread scratch.
  static var worker: Int { Int(thread_pool_worker()) }

  /// Calls `body` once for each index below `count`, on all threads.
  func forEach(_ count: Int, _ body: (Int) -> Void) {
    forEachPart(of: count, grain: 1) { part in body(part.lowerBound) }
  }

  /// Calls `body` with ranges that cover `0 ..< count`. Each thread first takes indices of its own
  /// contiguous range, `grain` at a time up to the next multiple of `grain`, then steals from the
  /// others.
  func forEachPart(of count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    withoutActuallyEscaping(body) { body in
      var body = body
      unsafe withUnsafeMutablePointer(to: &body) { context in
        unsafe thread_pool_run(
          pool,
          { context, begin, end in
            let body = unsafe context?.assumingMemoryBound(to: ((Range<Int>) -> Void).self)
            unsafe body?.pointee(begin..<end)
          }, context, count, grain)
      }
    }
  }

  /// Calls `body` with ranges that cover `0 ..< rows`. `elementsPerRow` is the work per row in
  /// elements. Work below `smallest` stays on the calling thread, since waking another costs more.
  func forEachRange(
    of rows: Int, elementsPerRow: Int, smallest: Int = 1 << 15, _ body: (Range<Int>) -> Void
  ) {
    let work = rows * max(elementsPerRow, 1)
    // Four parts per thread balance the load when other processes take time.
    let parts = min(rows, min(threads * 4, work / max(smallest / 2, 1)))
    guard threads > 1, parts > 1, work >= smallest else {
      if rows > 0 { body(0..<rows) }
      return
    }
    forEach(parts) { part in
      body((part * rows / parts)..<((part + 1) * rows / parts))
    }
  }

  /// Host memory, checked against what the system has left for this process: the system overcommits
  /// and kills the process later.
  static func allocate(
    byteCount: Int, heldBytes: Int, limit: Int?
  ) throws(ComputeError) -> MemoryBlock {
    if let limit, byteCount > limit - heldBytes {
      throw .outOfMemory(device: "cpu", needed: byteCount, available: max(limit - heldBytes, 0))
    }
    try HostMemory.check(byteCount: byteCount, heldBytes: heldBytes, device: "cpu")
    return MemoryBlock.host(byteCount: byteCount)
  }
}
