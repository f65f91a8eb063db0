import CArithmetic
import CKernels

extension KernelFile {
  static let sum = unsafe KernelFile(kernel_sum, needs: [.lanes, .rowReductions, .vocabularyRow])
}

extension Kernels {
  fileprivate static let sum = KernelEntry(
    .sum, "sum", as: Read<Float>.self, Write<Float>.self, Int.self, Int.self, Float.self)
}

extension Device {
  /// Sums values on the device in a fixed order, such as the losses of rows to the loss of a step,
  /// without a host wait.
  ///
  /// - Parameters:
  ///   - values: [*], of which `count` are read.
  ///   - count: number of summands.
  ///   - factor: multiplies the sum, such as 1 / count for a mean.
  ///   - total: [*], of which element `index` is written.
  ///   - index: the element that is written.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func sum(
    _ values: borrowing DeviceBuffer<Float>, count: Int, factor: Float = 1,
    into total: inout DeviceBuffer<Float>, at index: Int = 0
  ) throws(ComputeError) {
    try expect("sum", "values", values.count, Shape(count))
    try expect("sum", "total", total.count, Shape(index + 1))
    switch engine {
    case .cpu:
      unsafe total.mutableHost[index] = factor * sum_values(count, values.host)
    case .gpu(let gpu):
      let lanes = gpu.lanes(.sum)
      try gpu.kernel(Kernels.sum, [lanes.option]).run(
        groups: 1, lanes: lanes.count, values.read, total.write, count, index, factor)
    }
  }
}

extension Tunable {
  static let sum = Tunable("sum", .sum, gpu: .vocabularyLanes, cpu: .oneItem) {
    trial throws(ComputeError) in
    let (device, count) = (trial.device, 4 * trial.sizes.responses)
    // All of one sign, so that the sum is as large as its terms.
    let values = try trial.operand(trial.numbers(count).map { 1 + $0 })
    let total = try trial.zeros(1)
    trial.run { () throws(ComputeError) in
      try device.sum(values.buffer, count: count, into: &total.buffer)
    }
  }
}
