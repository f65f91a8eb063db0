import Dispatch
import Foundation
import Synchronization

/// Signals during a chat in a terminal: Ctrl-C requests the end of an answer, SIGTERM and the SIGHUP of
/// a closed terminal end the program.
final class ChatInterruption: Sendable {
  private let isRequested = Atomic(false)

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

  /// Whether Ctrl-C was pressed since the last call.
  func take() -> Bool { isRequested.exchange(false, ordering: .acquiringAndReleasing) }

  private func receive(_ number: Int32) {
    guard number != SIGINT else { return isRequested.store(true, ordering: .releasing) }
    StandardError.write("\ntrain-gpu: stopped\n")
    ProcessEnd.exit(Stopped.code(of: number))
  }
}
