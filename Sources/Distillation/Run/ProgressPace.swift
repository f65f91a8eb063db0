/// The pace of progress lines where no line is rewritten in place, such as in a log file: the first
/// within a second of the start, then one for every phase that lasts, and one now and then while it
/// continues.
///
/// All times are counted from the same moment, by the caller's clock.
package struct ProgressPace: Sendable, Equatable {
  private let start: Duration
  private var begin: Duration
  private var lastLine: Duration?
  private var isWritten = false
  /// What of the present phase the last line said to be done; nil before one that did.
  private var writtenDone: Int?

  /// The longest time without a first line.
  private static let firstLine = Duration.milliseconds(500)
  /// A phase of this length needs a line.
  private static let worthALine = Duration.seconds(2)
  /// The longest time between lines.
  private static let silence = Duration.seconds(30)

  /// The first phase of work starts.
  package init(at now: Duration) {
    start = now
    begin = now
  }

  /// Another phase of work starts.
  package mutating func startPhase(at now: Duration) {
    begin = now
    isWritten = false
    writtenDone = nil
  }

  /// A line on the present phase was written.
  ///
  /// - Parameters:
  ///   - now: when.
  ///   - done: what of it is done, where the line says so.
  package mutating func didWriteLine(at now: Duration, done: Int? = nil) {
    lastLine = now
    isWritten = true
    writtenDone = done ?? writtenDone
  }

  /// Whether the end of the present phase is worth a line: its last one stops short of it.
  ///
  /// - Parameter done: what of the phase is done.
  package func isEndDue(done: Int) -> Bool { writtenDone.map { $0 < done } ?? false }

  /// Whether a line is due.
  package func isDue(at now: Duration) -> Bool {
    guard let lastLine else { return now - start >= Self.firstLine }
    return isWritten ? now - lastLine >= Self.silence : now - begin >= Self.worthALine
  }
}
