import Synchronization

/// ``EndSignals`` during a search: they end it at once, and say what is kept of it.
final class TuneInterruption: Sendable {
  private struct Kept {
    var kernels = 0
    /// 0 before the search.
    var total = 0
    var path: String?
  }
  private let kept = Mutex(Kept())

  /// Handles the signals until the end of the program.
  init() { EndSignals.handle(receive) }

  /// The search begins.
  ///
  /// - Parameters:
  ///   - total: its kernels.
  ///   - path: the file that keeps them.
  func begin(_ total: Int, path: String?) { kept.withLock { $0 = Kept(total: total, path: path) } }

  /// Keeps a kernel: a signal waits for that.
  func keep(_ write: () throws -> Void) throws {
    try kept.withLock {
      try write()
      $0.kernels += 1
    }
  }

  private func receive(_ number: Int32) {
    kept.withLock { kept in
      guard kept.total > 0 else { EndSignals.end(number) }
      let place = kept.kernels > 0 ? kept.path.map { ", kept in \($0)" } ?? "" : ""
      EndSignals.end(
        number, state: "; \(kept.kernels) of \(kept.total) kernels are tuned\(place)")
    }
  }
}
