import Foundation

/// Numbers in the format of reports.
package enum Decimals {
  /// A number with this many decimals.
  package static func text(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", locale: nil, value)
  }

  /// A fraction of 1: `97.5 %`.
  package static func percent(_ share: Double) -> String { "\(text(100 * share, 1)) %" }

  /// A whole number with commas between thousands: `1,854`.
  static func grouped(_ count: Int) -> String {
    let digits = Array(String(count.magnitude))
    let text = digits.enumerated().map { index, digit in
      let left = digits.count - index
      return left % 3 == 0 && index > 0 ? ",\(digit)" : "\(digit)"
    }
    return (count < 0 ? "-" : "") + text.joined()
  }

  /// A size: `512 B`, `8.2 KB`, `1.4 MB`; a KB is 1,000 bytes.
  static func bytes(_ count: Int) -> String {
    let units = ["KB", "MB", "GB", "TB"]
    guard count >= 1000 else { return "\(count) B" }
    var (value, unit) = (Double(count) / 1000, 0)
    while value >= 999.5, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    return "\(text(value, value < 99.5 ? 1 : 0)) \(units[unit])"
  }

  /// A number with this many digits that count: `0.0313`, `12.3`.
  static func significant(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)g", locale: nil, value)
  }

  /// `0:42`, `12:05` or `1:02:03`.
  package static func clock(_ seconds: Double) -> String {
    let whole = Int(min(max(seconds, 0), 1e9).rounded())
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
  }

  /// `8.4 s`, `3:20 min` or `1:02:03 h`.
  package static func duration(_ seconds: Double) -> String {
    // What rounds to 60.0 s is a minute.
    guard seconds >= 59.95, seconds < 1e9 else { return "\(text(seconds, 1)) s" }
    return "\(clock(seconds)) \(seconds.rounded() < 3600 ? "min" : "h")"
  }
}
