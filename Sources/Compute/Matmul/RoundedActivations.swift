import CArithmetic

extension Device {
  /// Whether a product that is not asked to be exact reads x rounded to bf16.
  func roundsActivations(for weight: WeightMatrix) -> Bool {
    roundsActivations && canRoundActivations && weight.precision == .bf16
  }

  /// Rounds x in place to what a product with `weight` reads, so that another reader meets the same numbers.
  ///
  /// - Parameter x: [*], of which `count` elements are updated, where `roundsActivations(for: weight)`.
  func roundActivations(
    _ x: inout DeviceBuffer<Float>, count: Int, for weight: WeightMatrix
  ) throws(ComputeError) {
    guard roundsActivations(for: weight), case .cpu(let cpu) = engine else { return }
    try expect("roundActivations", "x", x.count, atLeast: count)
    let values = unsafe x.mutableHost
    cpu.forEachRange(of: count, elementsPerRow: 1) { range in
      unsafe round_values(range.lowerBound, range.upperBound, values)
    }
  }
}
