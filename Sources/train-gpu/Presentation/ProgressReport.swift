import Dispatch
import Distillation
import Foundation
import Logging
import Synchronization

/// Shows the progress: one line that is rewritten in place on a terminal, plain lines elsewhere.
///
/// A single call of the device may take long, so a timer checks whether a line is due.
final class ProgressReport: Sendable {
  private let state: Mutex<ProgressState>
  private static let interval = DispatchTimeInterval.milliseconds(200)

  /// Starts with the phase of work before the first event.
  init(logger: Logger, isQuiet: Bool) {
    state = Mutex(ProgressState(logger: logger, isQuiet: isQuiet))
    guard !isQuiet else { return }
    let timer = DispatchSource.makeTimerSource(queue: .global())
    timer.schedule(deadline: .now() + Self.interval, repeating: Self.interval)
    // The timer's handler keeps it alive until it is cancelled.
    timer.setEventHandler { [weak self] in
      let isActive = self?.state.withLock { $0.tick() } ?? false
      if !isActive { timer.cancel() }
    }
    timer.activate()
  }

  /// Shows an event.
  func show(_ event: RunEvent) { state.withLock { $0.show(event) } }

  /// Removes the line. No line comes after this.
  func finish() { state.withLock { $0.finish() } }
}
