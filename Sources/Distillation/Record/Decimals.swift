import Foundation

/// Numbers as reports write them.
enum Decimals {
  /// With so many digits behind the point.
  static func text(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", locale: nil, value)
  }
}
