import Dispatch
import Distillation
import Foundation
import Logging
import Synchronization

/// Shows what happens: one line that renews itself on a terminal, plain lines elsewhere.
///
/// A single call of the device may last, so a timer looks whether a line is due.
final class ProgressReport: Sendable {
  private let state: Mutex<ProgressState>
  private static let interval = DispatchTimeInterval.milliseconds(200)

  /// Begins with the stretch of work before the first event.
  init(logger: Logger, isQuiet: Bool) {
    state = Mutex(ProgressState(logger: logger, isQuiet: isQuiet))
    guard !isQuiet else { return }
    let timer = DispatchSource.makeTimerSource(queue: .global())
    timer.schedule(deadline: .now() + Self.interval, repeating: Self.interval)
    // The timer's handler keeps it alive until it ends it.
    timer.setEventHandler { [weak self] in
      let goesOn = self?.state.withLock { $0.tick() } ?? false
      if !goesOn { timer.cancel() }
    }
    timer.activate()
  }

  /// Shows an event.
  func show(_ event: RunEvent) { state.withLock { $0.show(event) } }

  /// Takes the line away. No line comes after this.
  func finish() { state.withLock { $0.finish() } }
}
