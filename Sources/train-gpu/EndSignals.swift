import CSignals
import Dispatch
import Foundation

/// The signals that end a program: SIGINT of Ctrl-C; SIGTERM, the end announced by schedulers and
/// preempted machines; and SIGHUP of a closed terminal, unless the program was started with nohup.
enum EndSignals {
  /// Hands them over until the end of the program.
  ///
  /// - Parameter receive: called with each, in no particular thread.
  static func handle(_ receive: @escaping @Sendable (Int32) -> Void) {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      if number == SIGHUP && signal_is_ignored(number) { continue }
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      // The source's handler keeps it alive.
      source.setEventHandler {
        withExtendedLifetime(source) { receive(number) }
      }
      source.resume()
    }
  }

  /// Ends the program as a signal does.
  ///
  /// - Parameter state: what is said behind that it was stopped.
  static func end(_ number: Int32, isSaid: Bool = true, state: String = "") -> Never {
    if isSaid { StandardError.write("\ntrain-gpu: stopped\(state)\n") }
    ProcessEnd.exit(Stopped.code(of: number))
  }
}
