import CArithmetic
import CKernels

extension KernelFile {
  static let vocabularyRow = unsafe KernelFile(kernel_vocabulary_row)
  static let softmax = unsafe KernelFile(
    kernel_softmax, needs: [.lanes, .rowReductions, .vocabularyRow])
}

extension Kernels {
  fileprivate static let softmax = KernelEntry(
    .softmax, "softmax", as: Write<Float>.self, Int.self, Float.self)
}

extension Device {
  /// Softmax of rows in place: e^(z / temperature) over its sum.
  ///
  /// - Parameters:
  ///   - logits: [rows, width], updated: finite or -infinity on entry, with a finite maximum in
  ///     each row; the probabilities on exit, 0 where they underflow.
  ///   - rows: number of rows.
  ///   - width: elements per row.
  ///   - temperature: above 0 (`argmax` is the limit at 0).
  /// - Throws: `.temperature` if it is not above 0; `.shape` if an operand is too small; driver
  ///   errors.
  package func softmax(
    _ logits: inout DeviceBuffer<Float>, rows: Int, width: Int, temperature: Float = 1
  ) throws(ComputeError) {
    guard temperature > 0 else { throw .temperature(temperature) }
    try expect("softmax", "logits", logits.count, Shape(rows, width))
    switch engine {
    case .cpu(let cpu):
      let logits = unsafe logits.mutableHost
      cpu.forEachRange(of: rows, elementsPerRow: 4 * width) { range in
        unsafe CArithmetic.softmax(
          range.lowerBound, range.upperBound, width, logits, 1 / temperature)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.softmax)
      try gpu.kernel(Kernels.softmax, [lanes.option, gpu.quads(width)]).run(
        groups: rows, lanes: lanes.count, logits.write, width, 1 / temperature)
    }
  }
}

extension Tunable {
  static let softmax = Tunable("softmax", .softmax, gpu: .vocabularyLanes, cpu: .oneItem) {
    trial throws(ComputeError) in
    let (device, rows, width) = (trial.device, trial.sizes.responses, trial.sizes.vocabulary)
    let logits = try trial.floats(rows * width, scale: 8)
    trial.run { () throws(ComputeError) in
      try device.softmax(&logits.buffer, rows: rows, width: width)
    }
  }
}
