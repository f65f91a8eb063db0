/// The tile of y that a work-group of 256 items makes (Kernels/product.cl).
struct ProductTile: Equatable {
  let itemRows: Int
  let itemColumns: Int
  /// Quads of rows and of columns of an item.
  let parts: Int
  /// Summands that stand in local memory at once.
  let inner: Int

  var rows: Int { 4 * itemRows * parts }
  var columns: Int { 4 * itemColumns * parts }

  /// Rows up to which a product has tiles of its own: generation reads little else than weights.
  static let fewRows = 16

  init(_ itemRows: Int, _ itemColumns: Int, parts: Int, inner: Int = 16) {
    self.itemRows = itemRows
    self.itemColumns = itemColumns
    self.parts = parts
    self.inner = inner
  }

  /// The tile of a choice among the candidates that `candidate` makes.
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

  /// The tile for y [rows, width], sums of `depth` numbers.
  static func suiting(
    rows: Int, width: Int, inner: Int, on gpu: OpenCLEngine
  ) -> ProductTile {
    if rows <= fewRows { return ProductTile(gpu.configuration(.productFew)) }
    let medium = ProductTile(gpu.configuration(.productMedium))
    let large = ProductTile(gpu.configuration(.productLarge))
    let isLarge =
      rows > medium.rows
      && large.fills(gpu.computeUnits, rows: rows, width: width, inner: inner)
    return isLarge ? large : medium
  }

  /// Whether a product keeps every compute unit busy with these tiles, its depth shared out. A large tile then serves better than
  /// a medium one: it reads local memory half as often for a multiplication.
  func fills(_ computeUnits: Int, rows: Int, width: Int, inner: Int) -> Bool {
    let splits = splits(rows: rows, width: width, inner: inner, computeUnits: computeUnits)
    return count(rows: rows, width: width) * splits.count >= computeUnits
  }

  /// Work-groups of y [rows, width] for one share of depth.
  func count(rows: Int, width: Int) -> Int {
    ((rows + self.rows - 1) / self.rows) * ((width + columns - 1) / columns)
  }

  /// How depth is shared out where tiles are few: up to two work-groups a compute unit. Sums are written and read once more for
  /// every share, so a share has 256 numbers at least; 64 and more where a few rows leave those sums small beside the weights.
  func splits(rows: Int, width: Int, inner: Int, computeUnits: Int) -> Partition {
    let least = rows <= Self.fewRows ? max(64, 16 * rows) : 256
    let wanted = 2 * computeUnits / max(count(rows: rows, width: width), 1)
    return Partition(of: inner, count: min(wanted, inner / least), multiple: 16)
  }
}
