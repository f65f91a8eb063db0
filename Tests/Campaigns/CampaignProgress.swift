import Foundation

/// How far a campaign is, for lines on standard error.
struct CampaignProgress {
  /// Runs in all.
  let count: Int
  /// Seconds after which no other run begins; nil for none.
  let limit: Double?
  private let begin = ContinuousClock.now
  private var said = 0.0
  private(set) var done = 0
  private(set) var failed = 0

  /// Seconds between two lines.
  private static let interval = 10.0

  init(count: Int, limit: Double?) {
    (self.count, self.limit) = (count, limit)
  }

  private var seconds: Double {
    let past = (ContinuousClock.now - begin).components
    return Double(past.seconds) + Double(past.attoseconds) * 1e-18
  }

  /// Whether no other run may begin.
  var isOver: Bool { limit.map { seconds >= $0 } ?? false }

  /// Counts a run; gives a line where the last one is old.
  mutating func finish(_ name: String, isFailed: Bool) -> String? {
    done += 1
    if isFailed { failed += 1 }
    let now = seconds
    guard now - said >= Self.interval else { return nil }
    said = now
    let rest = now / Double(done) * Double(count - done)
    let left = Int(min(rest, limit.map { max($0 - now, 0) } ?? rest).rounded(.up))
    return "\(done) of \(count), \(failed) failed, about \(left / 60) min \(left % 60) s left: "
      + name
  }

  /// Prints a line on standard error.
  static func say(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }
}
