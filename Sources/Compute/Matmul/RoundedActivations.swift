import CArithmetic
import Weights

extension Device {
  /// Whether a matrix multiplication with `weight` at this precision reads x rounded to bf16.
  func rounds(_ precision: ActivationPrecision, for weight: WeightMatrix) -> Bool {
    rounds(precision, for: weight.format)
  }

  /// As for the weights of this format.
  func rounds(_ precision: ActivationPrecision, for format: WeightFormat?) -> Bool {
    precision == .bf16 && canRoundActivations && format == .bf16
  }

  /// Rounds x in place as a matrix multiplication with `weight` at this precision does, so that
  /// other readers get the same values.
  ///
  /// - Parameter x: [*], of which `count` elements are updated, if `rounds(precision, for:
  ///   weight)`.
  func roundActivations(
    _ x: inout DeviceBuffer<Float>, count: Int, to precision: ActivationPrecision,
    for weight: WeightMatrix
  ) throws(ComputeError) {
    guard rounds(precision, for: weight) else { return }
    try expect("roundActivations", "x", x.count, Shape(count))
    switch engine {
    case .cpu(let cpu):
      let values = unsafe x.mutableHost
      cpu.forEachRange(of: count, elementsPerRow: 1) { range in
        unsafe round_values(range.lowerBound, range.upperBound, values)
      }
    case .gpu(let gpu):
      try roundToBF16(&x, count: count, on: gpu)
    }
  }
}
