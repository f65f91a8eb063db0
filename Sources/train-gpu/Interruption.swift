import Dispatch
import Foundation
import Synchronization

/// Ctrl-C: before and after the training it ends the program at once; during the training it asks for
/// an end after the present step, and only a second one ends the program at once.
final class Interruption: Sendable {
  private let isDeferred = Atomic(false)
  private let isAsked = Atomic(false)

  /// Takes over the signal from here to the program's end.
  init() {
    signal(SIGINT, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    // The source's handler keeps both alive.
    source.setEventHandler {
      withExtendedLifetime(source) { self.receive() }
    }
    source.resume()
  }

  /// Whether the training is to end after the present step.
  var isRequested: Bool { isAsked.load(ordering: .acquiring) }

  /// Says that the training begins or ends.
  func deferring(_ isDeferred: Bool) {
    self.isDeferred.store(isDeferred, ordering: .releasing)
  }

  private func receive() {
    let isFirst = !isAsked.exchange(true, ordering: .acquiringAndReleasing)
    if isFirst && isDeferred.load(ordering: .acquiring) {
      StandardError.write("\nstopping after this step; once more to stop at once\n")
    } else {
      StandardError.write("\ntrain-gpu: stopped\n")
      Foundation.exit(Stopped.code)
    }
  }
}
