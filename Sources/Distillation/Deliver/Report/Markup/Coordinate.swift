import Foundation

/// Numbers of SVG, in a hundredth of a unit at most.
enum Coordinate {
  static func text(_ value: Double) -> String {
    let hundredths = (value * 100).rounded()
    guard hundredths.isFinite, abs(hundredths) < 1e15 else { return "0" }
    let whole = Int(hundredths)
    if whole % 100 == 0 { return "\(whole / 100)" }
    return String(format: "%.\(whole % 10 == 0 ? 1 : 2)f", locale: nil, Double(whole) / 100)
  }
}
