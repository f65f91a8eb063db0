import CArithmetic
import CKernels

extension KernelFile {
  static let crossEntropy = unsafe KernelFile(
    kernel_cross_entropy, needs: [.lanes, .rowReductions, .vocabularyRow, .divergenceTerms])
}

extension Kernels {
  fileprivate static let crossEntropy = KernelEntry(
    .crossEntropy, "cross_entropy", as: Write<Float>.self, Read<Int32>.self, Read<Int32>.self,
    Write<Float>.self, Int.self, Int.self, Int.self, Float.self, Float.self, Float.self)
  fileprivate static let crossEntropyLoss = KernelEntry(
    .crossEntropy, "cross_entropy_loss", as: Read<Float>.self, Read<Int32>.self,
    Read<Int32>.self, Write<Float>.self, Int.self, Int.self, Int.self, Float.self)
}

extension Device {
  /// The cross-entropy of given tokens under rows of logits, and its gradient in place (formulas in
  /// Kernels/cross_entropy.cl).
  ///
  /// A batch may be processed in chunks of rows: `rowIndices` and `losses` are the batch's,
  /// `logits` holds one chunk.
  ///
  /// - Parameters:
  ///   - targets: [*], read: token ids, 0 ..< width.
  ///   - rowIndices: [*], read from `firstIndex`: the target of each row.
  ///   - logits: [rows, width], updated: finite logits on entry; on exit `weight` times the
  ///     gradient with respect to the logits, or to z if they are soft-capped, softCap * tanh(z /
  ///     softCap).
  ///   - rows: number of rows.
  ///   - width: elements per row.
  ///   - firstIndex: where the range starts in `rowIndices`.
  ///   - firstRow: where the range starts in `losses`.
  ///   - temperature: divisor of the logits.
  ///   - weight: factor of the gradient.
  ///   - softCap: bound of the logits; nil for none.
  ///   - losses: [*], written from `firstRow`: nats, before `weight`.
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func crossEntropy(
    of targets: borrowing DeviceBuffer<Int32>, at rowIndices: borrowing RowIndices,
    logits: inout DeviceBuffer<Float>, rows: Int, width: Int, firstIndex: Int = 0,
    firstRow: Int = 0, temperature: Float, weight: Float, softCap: Float? = nil,
    losses: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expectLoss(
      "crossEntropy", rowIndices, from: firstIndex, below: targets.count,
      logits: ("logits", logits.count), losses: losses.count, from: firstRow, Shape(rows, width))
    let (factor, inverseSoftCap) = (weight / temperature, softCap.map { 1 / $0 } ?? 0)
    switch engine {
    case .cpu(let cpu):
      let terms = CrossEntropyTerms(
        inverse_temperature: 1 / temperature, gradient_factor: factor,
        inverse_soft_cap: inverseSoftCap)
      let (targets, rowIndices) = unsafe (targets.host, rowIndices.host + firstIndex)
      let (logits, losses) = unsafe (logits.mutableHost, losses.mutableHost + firstRow)
      cpu.forEachRange(of: rows, elementsPerRow: 4 * width) { range in
        unsafe cross_entropy(
          range.lowerBound, range.upperBound, width, targets, rowIndices, logits, terms, losses)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.crossEntropy)
      try gpu.kernel(Kernels.crossEntropy, [lanes.option, gpu.quads(width)]).run(
        groups: rows, lanes: lanes.count, logits.write, targets.read, rowIndices.read,
        losses.write, width, firstIndex, firstRow, 1 / temperature, factor, inverseSoftCap)
    }
  }

  /// As `crossEntropy`, without the gradient: `logits` [rows, width] are only read.
  ///
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of its
  ///   operand; driver errors.
  package func crossEntropyLoss(
    of targets: borrowing DeviceBuffer<Int32>, at rowIndices: borrowing RowIndices,
    logits: borrowing DeviceBuffer<Float>, rows: Int, width: Int, firstIndex: Int = 0,
    firstRow: Int = 0, temperature: Float, losses: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    try expectLoss(
      "crossEntropyLoss", rowIndices, from: firstIndex, below: targets.count,
      logits: ("logits", logits.count), losses: losses.count, from: firstRow, Shape(rows, width))
    switch engine {
    case .cpu(let cpu):
      let (targets, rowIndices) = unsafe (targets.host, rowIndices.host + firstIndex)
      let (logits, losses) = unsafe (logits.host, losses.mutableHost + firstRow)
      cpu.forEachRange(of: rows, elementsPerRow: 2 * width) { range in
        unsafe cross_entropy_loss(
          range.lowerBound, range.upperBound, width, targets, rowIndices, logits, 1 / temperature,
          losses)
      }
    case .gpu(let gpu):
      let lanes = gpu.lanes(.crossEntropy)
      try gpu.kernel(Kernels.crossEntropyLoss, [lanes.option, gpu.quads(width)]).run(
        groups: rows, lanes: lanes.count, logits.read, targets.read, rowIndices.read,
        losses.write, width, firstIndex, firstRow, 1 / temperature)
    }
  }
}

extension Tunable {
  static let crossEntropy = Tunable(
    "cross_entropy", .crossEntropy, gpu: .vocabularyLanes, cpu: .oneItem
  ) { trial throws(ComputeError) in
    let (device, rows, width) = (trial.device, trial.sizes.responses, trial.sizes.vocabulary)
    let (targets, rowIndices) = (
      try trial.operand(trial.tokens(rows, below: width)), try trial.rowIndices(rows, below: rows)
    )
    let (logits, losses) = (try trial.floats(rows * width, scale: 4), try trial.zeros(rows))
    trial.run { () throws(ComputeError) in
      try device.crossEntropy(
        of: targets.buffer, at: rowIndices.indices, logits: &logits.buffer, rows: rows,
        width: width, temperature: 1, weight: 1, losses: &losses.buffer)
    }
  }
}
