import CArithmetic
import CBLAS
import Foundation

/// Which code runs where the CPU path has two.
package enum CPUBodies: Sendable {
  /// As the processor asks for.
  case automatic
  /// That for any processor, also on one that has its own: how it is tested there.
  case portable
}

/// The CPU path: a pool of threads that shares out rows and tiles. OpenBLAS runs on one thread inside each
/// of ours, so one pool, not two, competes for the cores.
@safe final class CPUEngine {
  let threads: Int
  /// False where what is written for one family of processors is left out.
  let usesTiles: Bool
  private let pool: OpaquePointer

  init(threads: Int?, bodies: CPUBodies) throws(ComputeError) {
    let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    guard threads > 0, let pool = unsafe thread_pool_create(Int32(clamping: threads)) else {
      throw .unsupported(operation: "cpu", reason: "cannot run on \(threads) threads")
    }
    openblas_set_num_threads(1)
    self.threads = threads
    usesTiles = bodies == .automatic && product_has_tiles()
    unsafe self.pool = pool
  }

  deinit {
    unsafe thread_pool_destroy(pool)
  }

  /// The place of the calling thread among the engine's, below `threads`: an index of scratch of its own.
  static var place: Int { Int(thread_pool_place()) }

  /// Calls `body` once for each index below `count`, spread over the threads.
  func forEach(_ count: Int, _ body: (Int) -> Void) {
    forEachPart(of: count, grain: 1) { part in body(part.lowerBound) }
  }

  /// Calls `body` with ranges that cover `0 ..< count`: each thread goes through a stretch of its own, `grain` indices at a
  /// time and up to the next multiple of it, then helps the others with theirs.
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

  /// Calls `body` with ranges that cover `0 ..< rows`. `elementsPerRow` is the work of a row in elements
  /// touched: what is less than `smallest` stays on the calling thread, since waking another costs more.
  func forEachRange(
    of rows: Int, elementsPerRow: Int, smallest: Int = 1 << 15, _ body: (Range<Int>) -> Void
  ) {
    let work = rows * max(elementsPerRow, 1)
    // Four pieces a thread level out what other processes take.
    let pieces = min(rows, min(threads * 4, work / max(smallest / 2, 1)))
    guard threads > 1, pieces > 1, work >= smallest else {
      if rows > 0 { body(0..<rows) }
      return
    }
    forEach(pieces) { piece in
      body((piece * rows / pieces)..<((piece + 1) * rows / pieces))
    }
  }

  /// Host memory, checked against what the system has left for this process: it would promise more and kill later.
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
