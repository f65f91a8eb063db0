/// The tile of y per work-group of 256 items (Kernels/matmul.cl).
struct MatmulTile: Equatable {
  let itemRows: Int
  let itemColumns: Int
  /// Register tiles of 4 by 4 per item, in each direction.
  let parts: Int
  /// K elements staged in local memory at a time.
  let inner: Int

  var rows: Int { 4 * itemRows * parts }
  var columns: Int { 4 * itemColumns * parts }

  /// Up to this many rows a GEMM has its own tiles: decode mostly reads weights.
  static let fewRows = 16

  init(_ itemRows: Int, _ itemColumns: Int, parts: Int, inner: Int = 16) {
    self.itemRows = itemRows
    self.itemColumns = itemColumns
    self.parts = parts
    self.inner = inner
  }

  /// The tile of a tuned configuration made by `candidate`.
  init(_ configuration: TuningCandidate) {
    let values = configuration.values
    self.init(
      values["ITEM_ROWS"] ?? 16, values["ITEM_COLUMNS"] ?? 16, parts: values["PARTS"] ?? 1,
      inner: values["TILE_K"] ?? 16)
  }

  var candidate: TuningCandidate {
    TuningCandidate(
      [
        KernelOption("ITEM_ROWS", itemRows), KernelOption("ITEM_COLUMNS", itemColumns),
        KernelOption("PARTS", parts), KernelOption("TILE_K", inner),
      ],
      items: 256, localBytes: 16 * inner * ((itemRows + itemColumns) * parts + 2))
  }

  /// The tile for y [rows, width] with inner dimension `inner`.
  static func suiting(
    rows: Int, width: Int, inner: Int, on gpu: GPUEngine
  ) -> MatmulTile {
    if rows <= fewRows { return MatmulTile(gpu.configuration(.matmulFew)) }
    let medium = MatmulTile(gpu.configuration(.matmulMedium))
    let large = MatmulTile(gpu.configuration(.matmulLarge))
    let isLarge =
      rows > medium.rows
      && large.fills(gpu.computeUnits, rows: rows, width: width, inner: inner)
    return isLarge ? large : medium
  }

  /// Whether these tiles keep every compute unit busy, with split-K. A large tile is then better
  /// than a medium one: it reads local memory half as often per multiplication.
  func fills(_ computeUnits: Int, rows: Int, width: Int, inner: Int) -> Bool {
    let splits = splits(rows: rows, width: width, inner: inner, computeUnits: computeUnits)
    return count(rows: rows, width: width) * splits.count >= computeUnits
  }

  /// Work-groups of y [rows, width] per split.
  func count(rows: Int, width: Int) -> Int {
    ((rows + self.rows - 1) / self.rows) * ((width + columns - 1) / columns)
  }

  /// Split-K for few tiles: up to two work-groups per compute unit. Each split writes and reads
  /// partial sums once more, so it has at least 256 K elements; with few rows the partial sums are
  /// small beside the weights, and 64 are enough.
  func splits(rows: Int, width: Int, inner: Int, computeUnits: Int) -> Partition {
    let least = rows <= Self.fewRows ? max(64, 16 * rows) : 256
    let wanted = 2 * computeUnits / max(count(rows: rows, width: width), 1)
    return Partition(of: inner, count: min(wanted, inner / least), multiple: 16)
  }
}
