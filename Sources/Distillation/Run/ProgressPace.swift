/// Decides when a stretch of work is worth a line where no line renews itself, such as in a log file:
/// the first within a second of the start, then one for every stretch that lasts, and one now and then
/// while it goes on.
///
/// All times are counted from the same moment, by whatever clock the caller has.
package struct ProgressPace: Sendable, Equatable {
  private let start: Duration
  private var begin: Duration
  private var lastLine: Duration?
  private var isSaid = false

  /// No line at all for so long needs one.
  private static let firstLine = Duration.milliseconds(500)
  /// A stretch of work that takes so long needs a line.
  private static let worthALine = Duration.seconds(2)
  /// And so does every time as long as this without any.
  private static let silence = Duration.seconds(30)

  /// The first stretch of work begins.
  package init(at now: Duration) {
    start = now
    begin = now
  }

  /// Another stretch of work begins.
  package mutating func enter(at now: Duration) {
    begin = now
    isSaid = false
  }

  /// A line was written that says what is going on.
  package mutating func said(at now: Duration) {
    lastLine = now
    isSaid = true
  }

  /// Whether a line is due.
  package func isDue(at now: Duration) -> Bool {
    guard let lastLine else { return now - start >= Self.firstLine }
    return isSaid ? now - lastLine >= Self.silence : now - begin >= Self.worthALine
  }
}
