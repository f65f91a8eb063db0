import CArithmetic
import CKernels

extension KernelFile {
  static let vocabularyRow = unsafe KernelFile(kernel_vocabulary_row)
  static let softmax = unsafe KernelFile(kernel_softmax, needs: [.lanes, .vocabularyRow])
}

extension Kernels {
  fileprivate static let softmax = KernelEntry(
    .softmax, "softmax", as: Write<Float>.self, Int.self, Float.self)
  fileprivate static let logSumExp = KernelEntry(
    .softmax, "log_sum_exp", as: Read<Float>.self, Write<Float>.self, Int.self, Float.self)
}

extension Device {
  /// Softmax of rows in place: e^(z / temperature) over its sum.
  ///
  /// - Parameters:
  ///   - logits: [rows, width], finite; they become the probabilities.
  package func softmax(
    _ logits: inout DeviceBuffer<Float>, rows: Int, width: Int, temperature: Float = 1
  ) throws(ComputeError) {
    try expect("softmax", "logits", logits.count, atLeast: rows * width)
    switch engine {
    case .cpu(let cpu):
      let logits = unsafe logits.mutableHost
      cpu.forEachRange(of: rows, elementsPerRow: 4 * width) { range in
        unsafe CArithmetic.softmax(
          range.lowerBound, range.upperBound, width, logits, 1 / temperature)
      }
    case .opencl(let gpu):
      let lanes = gpu.lanes(.softmax)
      try gpu.kernel(Kernels.softmax, [lanes.option]).run(
        groups: rows, lanes: lanes.count, logits.write, width, 1 / temperature)
    }
  }

  /// log(sum e^(z / temperature)) of rows.
  ///
  /// - Parameters:
  ///   - logits: [rows, width], finite, read.
  ///   - logSums: [rows], written.
  package func logSumExp(
    _ logits: borrowing DeviceBuffer<Float>, rows: Int, width: Int, temperature: Float = 1,
    into logSums: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expect("logSumExp", "logits", logits.count, atLeast: rows * width)
    try expect("logSumExp", "logSums", logSums.count, atLeast: rows)
    switch engine {
    case .cpu(let cpu):
      let (logits, logSums) = unsafe (logits.host, logSums.mutableHost)
      cpu.forEachRange(of: rows, elementsPerRow: 2 * width) { range in
        unsafe log_sum_exp(
          range.lowerBound, range.upperBound, width, logits, 1 / temperature, logSums)
      }
    case .opencl(let gpu):
      let lanes = gpu.lanes(.softmax)
      try gpu.kernel(Kernels.logSumExp, [lanes.option]).run(
        groups: rows, lanes: lanes.count, logits.read, logSums.write, width, 1 / temperature)
    }
  }
}

extension Tunable {
  static let softmax = Tunable("softmax", .softmax, gpu: .vocabularyLanes, cpu: .oneItem) {
    trial throws(ComputeError) in
    let (device, rows, width) = (trial.device, trial.sizes.responses, trial.sizes.vocabulary)
    let (logits, sums) = (try trial.floats(rows * width, scale: 8), try trial.zeros(rows))
    trial.run { () throws(ComputeError) in
      try device.logSumExp(logits.buffer, rows: rows, width: width, into: &sums.buffer)
      try device.softmax(&logits.buffer, rows: rows, width: width)
    }
  }
}
