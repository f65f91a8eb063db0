import Distillation
import Foundation

/// Numbers in the format of messages, beside those of reports.
enum Format {
  /// With three significant digits and a power of ten.
  static func scientific(_ value: Double) -> String {
    String(format: "%.2e", locale: nil, value)
  }

  /// `4,321` is written `4.3k`.
  static func rate(_ value: Double) -> String {
    value >= 10_000
      ? "\(Decimals.text(value / 1000, 0))k"
      : value >= 1000 ? "\(Decimals.text(value / 1000, 1))k" : Decimals.text(value, 0)
  }
}
