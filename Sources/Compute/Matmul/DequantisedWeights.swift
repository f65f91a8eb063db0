import CKernels

extension KernelFile {
  static let dequantise = unsafe KernelFile(
    kernel_dequantise, needs: [.weightBlocks, .bf16Pieces])
}

extension Kernels {
  fileprivate static let dequantise = KernelEntry(
    .dequantise, "dequantise_bf16", as: Read<UInt8>.self, Write<UInt16>.self, Offset.self,
    Offset.self, Offset.self)
}

extension Tunable {
  /// From how many rows on weights in blocks are dequantised for tensor cores. With fewer rows that
  /// takes longer than it saves, and on GPUs whose tensor cores are not much faster than their f32
  /// units it always does: by default our tiles decode blocks as they multiply.
  static let dequantisedMatmul = Tunable(
    "matmul_dequantised", .dequantise,
    gpu: [dequantised(fromRows: nil), dequantised(fromRows: 256), dequantised(fromRows: 64)],
    cpu: [], usesMatmulLibrary: true
  ) { trial throws(ComputeError) in
    let sizes = trial.sizes
    let (width, inner) = (2 * sizes.feedForward, sizes.hidden)
    let weight = try trial.matrix(rows: width, columns: inner, format: .q80)
    for rows in [sizes.rows, min(64, sizes.rows)] {
      let (x, y) = (try trial.floats(rows * inner), try trial.zeros(rows * width))
      let gradient = try trial.zeros(rows * inner)
      trial.run { () throws(ComputeError) in
        try trial.device.matmul(x.buffer, weight, rows: rows, into: &y.buffer)
        try trial.device.matmulBackward(y.buffer, weight, rows: rows, into: &gradient.buffer)
      }
    }
  }

  fileprivate static let leastRows = "LEAST_ROWS"

  /// nil for never.
  static func dequantised(fromRows rows: Int?) -> TuningCandidate {
    TuningCandidate(
      [KernelOption("DEQUANTISED", rows == nil ? 0 : 1)]
        + (rows.map { [KernelOption(leastRows, $0)] } ?? []),
      items: Lanes.dequantise.count, needsTensorCores: rows != nil)
  }
}

extension Lanes {
  fileprivate static let dequantise = Lanes(count: 256)
}

extension GPUEngine {
  /// Whether a multiplication of `rows` rows dequantises weights in blocks for cuBLASLt.
  func dequantises(rows: Int) -> Bool {
    configuration(.dequantisedMatmul).values[Tunable.leastRows].map { rows >= $0 } ?? false
  }
}

extension Device {
  /// Writes rows of a segment in blocks as a sum of two bf16 matrices, `stride` elements apart.
  func dequantise(
    _ weight: WeightSegment, rows: Range<Int>, stride: Int,
    into pieces: inout DeviceBuffer<UInt16>, on gpu: GPUEngine
  ) throws(ComputeError) {
    let lanes = Lanes.dequantise
    let count = rows.count * weight.columns
    try gpu.kernel(
      Kernels.dequantise, [lanes.option, KernelOption("PIECES", 2), weight.format.option]
    ).run(
      groups: lanes.groups(for: count / 4), lanes: lanes.count, weight.elements.read,
      pieces.write, Offset(rows.lowerBound * weight.columns), Offset(count), Offset(stride))
  }
}
