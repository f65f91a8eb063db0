import Synchronization

extension CPUEngine {
  /// Calls `body` once for each index below `count`, spread over the threads, each thread with a
  /// piece of `scratch` of its own, `floats` long.
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
