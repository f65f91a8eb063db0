import Foundation

/// Numbers in the format of reports.
enum Decimals {
  /// A number with this many decimals.
  static func text(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", locale: nil, value)
  }
}
