/// How slow an answer of the hub may be before its transfer is given up.
struct TransferLimits: Sendable {
  /// Seconds without a head or a byte after which a transfer has stalled; also the time over which
  /// ``bytesPerSecond`` is measured.
  var stall = 30.0

  /// A body that is slower has stalled too.
  var bytesPerSecond = 1024.0

  /// Seconds that a whole answer may take; nil for any time, as long as bytes come.
  var whole: Double?

  /// How many pieces of a body, of at most 16 KiB, may have come without having been taken by the
  /// sink: URLSession keeps what it has received in memory without a limit.
  var waitingPieces = 1 << 14

  /// Seconds from one look at a transfer to the next.
  var interval: Double { min(stall / 10, 0.05) }
}

/// When the parts of an answer came.
struct TransferPace: Sendable {
  private let begin = ContinuousClock.now
  private var lastArrival = ContinuousClock.now
  private var windowBegin = ContinuousClock.now
  private var windowBytes = 0

  /// The head of an answer has come.
  mutating func head() {
    lastArrival = .now
    windowBegin = .now
    windowBytes = 0
  }

  /// Bytes of the body have come.
  mutating func bytes(_ count: Int) {
    lastArrival = .now
    windowBytes += count
  }

  /// Why the transfer has stalled; nil where it has not.
  mutating func stall(_ limits: TransferLimits) -> String? {
    let now = ContinuousClock.now
    if let whole = limits.whole, now - begin > .seconds(whole) {
      return "the answer was not complete after \(Self.text(whole)) s"
    }
    if now - lastArrival >= .seconds(limits.stall) {
      return "nothing came for \(Self.text(limits.stall)) s"
    }
    guard now - windowBegin >= .seconds(limits.stall) else { return nil }
    if Double(windowBytes) < limits.stall * limits.bytesPerSecond {
      return "only \(windowBytes) bytes came in \(Self.text(limits.stall)) s"
    }
    windowBegin = now
    windowBytes = 0
    return nil
  }

  private static func text(_ seconds: Double) -> String {
    seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
  }
}
