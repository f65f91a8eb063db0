import CKernels

extension KernelFile {
  static let matmul = unsafe KernelFile(kernel_matmul, needs: [.weightBlocks])
  static let matmulSum = unsafe KernelFile(kernel_matmul_sum)
  static let matmulWide = unsafe KernelFile(kernel_matmul_wide, needs: [.weightBlocks])
}

extension Kernels {
  /// Both directions, in the GPU variant and in the CPU variant.
  fileprivate typealias Matmul = KernelEntry<
    Read<Float>, Read<UInt8>, Read<Float>, Read<Float>, Write<Float>, Int, Int, Int, Offset, Int,
    Offset, Int, Int, Int, Int
  >
  fileprivate static let matmulSum = KernelEntry(
    .matmulSum, "matmul_sum", as: Read<Float>.self, Read<Float>.self, Read<Float>.self,
    Write<Float>.self, Int.self, Int.self, Int.self, Offset.self, Int.self, Int.self, Int.self)
}

extension Tunable {
  /// Up to 16 rows.
  static let matmulFew = tiles(
    "matmul_few",
    [MatmulTile(4, 64, parts: 1), MatmulTile(8, 32, parts: 1), MatmulTile(16, 16, parts: 1)]
  ) { ($0.examples.count, [$0.heads.fusedWidth, 2 * $0.feedForward], $0.hidden) }
  /// About one tile of rows, and matrices too small to fill the device with large tiles.
  static let matmulMedium = tiles(
    "matmul_medium",
    [
      MatmulTile(16, 16, parts: 1), MatmulTile(16, 16, parts: 1, inner: 32),
      MatmulTile(8, 32, parts: 1), MatmulTile(8, 32, parts: 1, inner: 8),
    ]
  ) { ($0.responses, [$0.hidden, $0.heads.fusedWidth], $0.feedForward) }
  /// All rows of a step.
  static let matmulLarge = tiles(
    "matmul_large",
    [
      MatmulTile(16, 16, parts: 2), MatmulTile(16, 16, parts: 2, inner: 8),
      MatmulTile(8, 32, parts: 2), MatmulTile(32, 8, parts: 2),
      MatmulTile(16, 16, parts: 1), MatmulTile(16, 16, parts: 1, inner: 32),
    ]
  ) { ($0.rows, [2 * $0.feedForward], $0.hidden) }

  /// GPU tiles, tuned on matrix multiplications of these rows, several widths N, and inner
  /// dimension K, in both directions.
  private static func tiles(
    _ name: String, _ tiles: [MatmulTile],
    shape: @escaping @Sendable (TrialSizes) -> (rows: Int, widths: [Int], inner: Int)
  ) -> Tunable {
    Tunable(name, .matmul, gpu: tiles.map(\.candidate), cpu: []) { trial throws(ComputeError) in
      try prepareMatmul(trial, shape(trial.sizes))
    }
  }

  /// The packed panel of the CPU variant.
  static let matmulWide = Tunable(
    "matmul_wide", .matmulWide, gpu: [],
    cpu: [128, 64, 32].map {
      TuningCandidate([KernelOption("PANEL_K", $0)], items: 1, localBytes: 256 * $0)
    }
  ) { trial throws(ComputeError) in
    let sizes = trial.sizes
    try prepareMatmul(trial, (sizes.rows, [2 * sizes.feedForward], sizes.hidden))
  }

  private static func prepareMatmul(
    _ trial: Trial, _ shape: (rows: Int, widths: [Int], inner: Int)
  ) throws(ComputeError) {
    let (device, rows) = (trial.device, shape.rows)
    for width in shape.widths {
      let weight = try trial.matrix(rows: width, columns: shape.inner)
      let (x, y) = (try trial.floats(rows * shape.inner), try trial.zeros(rows * width))
      trial.run { () throws(ComputeError) in
        try device.matmul(x.buffer, weight, rows: rows, into: &y.buffer)
        try device.matmulBackward(y.buffer, weight, rows: rows, into: &x.buffer)
      }
    }
  }
}

extension Device {
  /// GEMM on a GPU. If there are fewer tiles than the device runs at a time, the inner dimension is
  /// split (split-K): each split writes partial sums, which a second kernel adds in order.
  func multiplyByTiles(
    _ shape: MatmulShape, _ x: borrowing DeviceBuffer<Float>, _ weight: WeightSegment,
    addingTo residual: borrowing DeviceBuffer<Float>, _ y: inout DeviceBuffer<Float>,
    on gpu: GPUEngine
  ) throws(ComputeError) {
    let (rows, width) = (shape.rows, shape.width)
    let tile = MatmulTile.suiting(rows: rows, width: width, inner: shape.inner, on: gpu)
    let splits = tile.splits(
      rows: rows, width: width, inner: shape.inner, computeUnits: gpu.computeUnits)
    let options =
      tile.candidate.constants + [
        weight.format.option, KernelOption("BACKWARD", shape.isBackward ? 1 : 0),
        KernelOption("ALIGNED", shape.isAligned ? 1 : 0),
      ]
    let kernel = try gpu.kernel(Kernels.Matmul(.matmul, shape.entry), options)
    let groups = [
      (width + tile.columns - 1) / tile.columns, (rows + tile.rows - 1) / tile.rows, splits.count,
    ]
    if splits.count == 1 {
      try run(
        kernel, shape, x, weight, addingTo: residual, &y, perGroup: splits.length, groups: groups,
        items: 256)
      return
    }
    var partial = try scratch(of: Float.self, count: splits.count * rows * width)
    try run(
      kernel, shape, x, weight, addingTo: residual, &partial, isPartial: true,
      perGroup: splits.length, groups: groups, items: 256)
    let addend = shape.addend == .residual ? residual.read : y.read
    let lanes = Lanes(count: 256)
    try gpu.kernel(Kernels.matmulSum, [lanes.option]).run(
      groups: [rows, lanes.groups(for: width)], items: [lanes.count, 1], partial.read,
      weight.bias.read, addend,
      y.write, rows, width, splits.count, Offset(shape.outputOffset), shape.outputStride,
      weight.hasBias && !shape.isBackward ? 1 : 0, shape.addend == .none ? 0 : 1)
  }

  /// GEMM on a device of CPU type: 64 columns of y per work-item, and a block of rows if there are
  /// fewer column groups than eight per core.
  func multiplyWide(
    _ shape: MatmulShape, _ x: borrowing DeviceBuffer<Float>, _ weight: WeightSegment,
    addingTo residual: borrowing DeviceBuffer<Float>, _ y: inout DeviceBuffer<Float>,
    on gpu: GPUEngine
  ) throws(ComputeError) {
    let columnGroups = (shape.width + 63) / 64
    let wanted = gpu.computeUnits * 8
    let rowParts = Partition(
      of: shape.rows, count: min(wanted / columnGroups, shape.rows / 48), multiple: 6)
    let kernel = try gpu.kernel(
      Kernels.Matmul(.matmulWide, shape.entry),
      gpu.configuration(.matmulWide).constants
        + [weight.format.option, KernelOption("BACKWARD", shape.isBackward ? 1 : 0)])
    try run(
      kernel, shape, x, weight, addingTo: residual, &y, perGroup: rowParts.length,
      groups: [columnGroups, rowParts.count, 1], items: 1)
  }

  /// Launches either variant. `perGroup` is K elements per split, or rows per work-item. Without an
  /// addend, y is passed in its place and not read. Partial sums, [splits, rows, width], have
  /// neither bias nor addend.
  private func run(
    _ kernel: Kernels.Matmul.Kernel, _ shape: MatmulShape, _ x: borrowing DeviceBuffer<Float>,
    _ weight: WeightSegment, addingTo residual: borrowing DeviceBuffer<Float>,
    _ y: inout DeviceBuffer<Float>, isPartial: Bool = false, perGroup: Int, groups: [Int],
    items: Int
  ) throws(ComputeError) {
    let addend = shape.addend == .residual ? residual.read : y.read
    try kernel.run(
      groups: groups, items: [items, 1, 1], x.read, weight.elements.read, weight.bias.read, addend,
      y.write, shape.rows, shape.width, shape.inner, Offset(shape.inputOffset), shape.inputStride,
      Offset(isPartial ? 0 : shape.outputOffset), isPartial ? shape.width : shape.outputStride,
      !isPartial && weight.hasBias && !shape.isBackward ? 1 : 0,
      isPartial || shape.addend == .none ? 0 : 1, perGroup)
  }
}
