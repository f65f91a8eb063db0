import CArithmetic
import CKernels

extension KernelFile {
  static let softCap = unsafe KernelFile(
    kernel_soft_cap, needs: [.lanes, .rowReductions, .vocabularyRow])
}

extension Kernels {
  fileprivate static let softCap = KernelEntry(
    .softCap, "soft_cap", as: Write<Float>.self, Int.self, Float.self)
}

extension Device {
  /// Soft-caps logits to -cap ... cap in place: cap * tanh(z / cap) (Gemma 2, arXiv:2408.00118).
  /// `klDivergence` applies the gradient, a factor 1 - (y / cap)^2 of the soft-capped logits y.
  ///
  /// - Parameters:
  ///   - logits: [rows, width], updated.
  ///   - rows: number of rows.
  ///   - width: elements per row.
  ///   - cap: the bound.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func softCap(
    _ logits: inout DeviceBuffer<Float>, rows: Int, width: Int, cap: Float
  ) throws(ComputeError) {
    try expect("softCap", "logits", logits.count, Shape(rows, width))
    switch engine {
    case .cpu(let cpu):
      let logits = unsafe logits.mutableHost
      cpu.forEachRange(of: rows, elementsPerRow: 2 * width) { range in
        unsafe soft_cap(range.lowerBound * width, range.upperBound * width, cap, logits)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.softCap)
      try gpu.kernel(Kernels.softCap, [lanes.option, gpu.quads(width)]).run(
        groups: rows, lanes: lanes.count, logits.write, width, cap)
    }
  }
}

extension Tunable {
  static let softCap = Tunable("soft_cap", .softCap, gpu: .vocabularyLanes, cpu: .oneItem) {
    trial throws(ComputeError) in
    let (device, rows, width) = (trial.device, trial.sizes.responses, trial.sizes.vocabulary)
    let logits = try trial.floats(rows * width, scale: 40)
    trial.run { () throws(ComputeError) in
      try device.softCap(&logits.buffer, rows: rows, width: width, cap: 30)
    }
  }
}
