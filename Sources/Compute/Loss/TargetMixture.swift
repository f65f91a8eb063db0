import CArithmetic
import CKernels
import Foundation

extension KernelFile {
  static let targetMixture = unsafe KernelFile(
    kernel_target_mixture, needs: [.lanes, .rowReductions, .vocabularyRow])
}

extension Kernels {
  fileprivate static let targetMixture = KernelEntry(
    .targetMixture, "target_mixture", as: Write<Float>.self, Read<Int32>.self, Read<Int32>.self,
    Int.self, Int.self, Float.self, Float.self)
}

extension Device {
  /// Mixes a teacher's distribution p = softmax(logits / temperature) with given tokens: the logits
  /// become those of (1 - share) p + share e_y (formula in Kernels/target_mixture.cl).
  ///
  /// Forward KL to the mixture has the gradient of (1 - share) KL(p || q) + share times the
  /// cross-entropy of y, and differs from that by a number that does not depend on q: its minimum
  /// is 0.
  ///
  /// - Parameters:
  ///   - logits: [rows, width], updated: finite.
  ///   - targets: [*], read: token ids, 0 ..< width.
  ///   - rowIndices: [*], read from `firstIndex`: the target of each row.
  ///   - rows: number of rows.
  ///   - width: elements per row.
  ///   - firstIndex: where the range starts in `rowIndices`.
  ///   - share: above 0 and below 1.
  ///   - temperature: divisor of the logits.
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func targetMixture(
    _ logits: inout DeviceBuffer<Float>, with targets: borrowing DeviceBuffer<Int32>,
    at rowIndices: borrowing RowIndices, rows: Int, width: Int, firstIndex: Int = 0,
    share: Float, temperature: Float
  ) throws(ComputeError) {
    precondition(share > 0 && share < 1, "a share between 0 and 1")
    try expect("targetMixture", "logits", logits.count, Shape(rows, width))
    try expect(
      "targetMixture", "rowIndices", rowIndices, count: firstIndex + rows, below: targets.count)
    let odds = log(share / (1 - share))
    switch engine {
    case .cpu(let cpu):
      let (targets, rowIndices) = unsafe (targets.host, rowIndices.host + firstIndex)
      let logits = unsafe logits.mutableHost
      cpu.forEachRange(of: rows, elementsPerRow: 2 * width) { range in
        unsafe target_mixture(
          range.lowerBound, range.upperBound, width, targets, rowIndices, logits, temperature,
          odds)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.targetMixture)
      try gpu.kernel(Kernels.targetMixture, [lanes.option, gpu.quads(width)]).run(
        groups: rows, lanes: lanes.count, logits.write, targets.read, rowIndices.read, width,
        firstIndex, temperature, odds)
    }
  }
}

extension Tunable {
  static let targetMixture = Tunable(
    "target_mixture", .targetMixture, gpu: .vocabularyLanes, cpu: .oneItem
  ) { trial throws(ComputeError) in
    let (device, rows, width) = (trial.device, trial.sizes.responses, trial.sizes.vocabulary)
    let (targets, rowIndices) = (
      try trial.operand(trial.tokens(rows, below: width)), try trial.rowIndices(rows, below: rows)
    )
    let logits = try trial.floats(rows * width, scale: 4)
    trial.run { () throws(ComputeError) in
      try device.targetMixture(
        &logits.buffer, with: targets.buffer, at: rowIndices.indices, rows: rows, width: width,
        share: 0.25, temperature: 1)
    }
  }
}
