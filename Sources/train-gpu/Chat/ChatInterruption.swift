import Dispatch
import Foundation
import Synchronization

/// Signals during a chat in a terminal: SIGINT, which Ctrl-C sends during an answer, requests its
/// end; SIGTERM and the SIGHUP of a closed terminal end the program.
final class ChatInterruption: Sendable {
  private let isRequested = Atomic(false)
  /// A pipe into which a signal brings a byte, so that who waits for keys notices it.
  private let pipe = SignalPipe()

  /// Becomes readable with a signal; -1 where the system has no pipe left.
  var descriptor: Int32 { pipe.reading }

  /// Handles the signals until the end of the program.
  init() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      // The source's handler keeps both alive.
      source.setEventHandler {
        withExtendedLifetime(source) { self.receive(number) }
      }
      source.resume()
    }
  }

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
    StandardError.write("\ntrain-gpu: stopped\n")
    ProcessEnd.exit(Stopped.code(of: number))
  }
}
