import CSignals
import Dispatch
import Foundation
import Synchronization

/// Handles Ctrl-C; SIGTERM, the end announced by schedulers and preempted machines; and SIGHUP of a
/// closed terminal, unless the program was started with nohup. Before and after the training they
/// end the program at once; during the training the first one ends it after the present step, and a
/// second one at once.
final class Interruption: Sendable {
  private let isDeferred = Atomic(false)
  /// The first signal; 0 before there was one.
  private let first = Atomic<Int32>(0)

  /// Handles the signals until the end of the program.
  init() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      if number == SIGHUP && signal_is_ignored(number) { continue }
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      // The source's handler keeps both alive.
      source.setEventHandler {
        withExtendedLifetime(source) { self.receive(number) }
      }
      source.resume()
    }
  }

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
      if isAlone { StandardError.write("\ntrain-gpu: stopped\n") }
      ProcessEnd.exit(Stopped.code(of: number))
    }
  }
}
