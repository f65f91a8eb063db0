import CSignals
import Dispatch
import Foundation
import Synchronization

/// Ctrl-C; SIGTERM, with which schedulers and machines that are taken back announce the end; and SIGHUP of a terminal that
/// is closed, unless the program was started with nohup: before and after the training they end the program at once; during the training the first asks for an end
/// after the present step, and only a second one ends the program at once.
final class Interruption: Sendable {
  private let isDeferred = Atomic(false)
  /// The first signal; 0 before there was one.
  private let first = Atomic<Int32>(0)

  /// Takes over the signals from here to the program's end.
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

  /// The signal that asked for an end after the present step; nil where none did.
  var stopSignal: Int32? {
    let number = first.load(ordering: .acquiring)
    return number == 0 ? nil : number
  }

  /// Says that the training begins or ends.
  func deferring(_ isDeferred: Bool) {
    self.isDeferred.store(isDeferred, ordering: .releasing)
  }

  private func receive(_ number: Int32) {
    let isFirst = first.compareExchange(
      expected: 0, desired: number, ordering: .acquiringAndReleasing
    ).exchanged
    if isFirst && isDeferred.load(ordering: .acquiring) {
      StandardError.write("\nstopping after this step; once more to stop at once\n")
    } else {
      StandardError.write("\ntrain-gpu: stopped\n")
      ProcessEnd.exit(Stopped.code(of: number))
    }
  }
}
