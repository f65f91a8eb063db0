import CArithmetic

extension Device {
  /// Whether a matrix multiplication with `weight` that is not exact reads x rounded to bf16.
  func roundsActivations(for weight: WeightMatrix) -> Bool {
    roundsActivations && canRoundActivations && weight.precision == .bf16
  }

  /// Rounds x in place as a matrix multiplication with `weight` does, so that other readers get the
  /// same values.
  ///
  /// - Parameter x: [*], of which `count` elements are updated, if `roundsActivations(for:
  ///   weight)`.
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
