import Synchronization

extension CPUEngine {
  /// Calls `body` once for each index below `count` on all threads. Each thread gets its own
  /// `floats` elements of `scratch`.
  func forEach(
    _ count: Int, onOneThread: Bool, scratch: UnsafeMutablePointer<Float>, floats: Int,
    _ body: (_ index: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void
  ) {
    let next = Atomic(0)
    forEach(onOneThread ? 1 : min(threads, count)) { worker in
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        unsafe body(index, scratch + worker * floats)
      }
    }
  }
}
