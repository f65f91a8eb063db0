import Foundation

/// Numbers in readable form.
enum Format {
  /// With this many decimals.
  static func number(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", locale: nil, value)
  }

  /// With three significant digits and a power of ten.
  static func scientific(_ value: Double) -> String {
    String(format: "%.2e", locale: nil, value)
  }

  /// A fraction of 1: `97.5 %`.
  static func percent(_ share: Double) -> String { "\(number(100 * share, 1)) %" }

  /// `4,321` is written `4.3k`.
  static func rate(_ value: Double) -> String {
    value >= 10_000
      ? "\(number(value / 1000, 0))k"
      : value >= 1000 ? "\(number(value / 1000, 1))k" : number(value, 0)
  }

  /// `0:42`, `12:05` or `1:02:03`.
  static func clock(_ seconds: Double) -> String {
    let whole = Int(min(max(seconds, 0), 360_000).rounded())
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
  }

  /// `8.4 s`, or `3:20 min` from a minute on.
  static func duration(_ seconds: Double) -> String {
    seconds < 60 ? "\(number(seconds, 1)) s" : "\(clock(seconds)) min"
  }
}
