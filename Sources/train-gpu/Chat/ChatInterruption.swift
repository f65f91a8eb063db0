import Foundation
import Synchronization

/// ``EndSignals`` during a chat in a terminal: SIGINT, which Ctrl-C sends during an answer,
/// requests its end; the others end the program.
final class ChatInterruption: Sendable {
  private let isRequested = Atomic(false)
  /// A pipe into which a signal brings a byte, so that who waits for keys notices it.
  private let pipe = SignalPipe()

  /// Becomes readable with a signal; -1 where the system has no pipe left.
  var descriptor: Int32 { pipe.reading }

  /// Handles the signals until the end of the program.
  init() { EndSignals.handle(receive) }

  /// Whether there was a SIGINT since the last call.
  func take() -> Bool {
    pipe.clear()
    return isRequested.exchange(false, ordering: .acquiringAndReleasing)
  }

  private func receive(_ number: Int32) {
    guard number != SIGINT else {
      isRequested.store(true, ordering: .releasing)
      return pipe.notify()
    }
    EndSignals.end(number)
  }
}
