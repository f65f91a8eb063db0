import Synchronization

/// Handles ``EndSignals``. Before and after the training they end the program at once; during the
/// training the first one ends it after the present step, and a second one at once.
final class Interruption: Sendable {
  private let isDeferred = Atomic(false)
  /// The first signal; 0 before there was one.
  private let first = Atomic<Int32>(0)

  /// Handles the signals until the end of the program.
  init() { EndSignals.handle(receive) }

  /// The signal that requested the end after the present step; nil where there was none.
  var stopSignal: Int32? {
    let number = first.load(ordering: .acquiring)
    return number == 0 ? nil : number
  }

  /// Marks the start or the end of the training.
  func deferring(_ isDeferred: Bool) {
    self.isDeferred.store(isDeferred, ordering: .releasing)
  }

  private func receive(_ number: Int32) {
    let isFirst = first.compareExchange(
      expected: 0, desired: number, ordering: .acquiringAndReleasing
    ).exchanged
    // A launcher ends the ranks with the same signal where one of them has failed, and says so
    // itself.
    let isAlone = Job.ranks.count == 1
    if isFirst && isDeferred.load(ordering: .acquiring) {
      if isAlone {
        StandardError.write("\nstopping after this step; once more to stop at once\n")
      }
    } else {
      EndSignals.end(number, isSaid: isAlone)
    }
  }
}
